import { fail, ok, type Result } from "@fairlead/shared";

/** A resource as it came over the wire: what reads it back is the decoder of the day. */
export interface SavedResource {
  readonly typeUrl: string;
  readonly name: string;
  readonly version: string;
  readonly value: Buffer;
}

export interface SavedState {
  /** Whose state this is; the directory may have been copied. */
  readonly nodeId: string;
  /** Of the control plane at the save. */
  readonly position: string;
  readonly resources: readonly SavedResource[];
}

/** JSON with the messages in base64: readable in an emergency, and a third larger than it could be. */
export function writeState({ nodeId, position, resources }: SavedState): Buffer {
  const lines = resources.map(({ typeUrl, name, version, value }) => ({ typeUrl, name, version, value: value.toString("base64") }));
  return Buffer.from(JSON.stringify({ nodeId, position, resources: lines }));
}

/** The state in `payload`, whole or not at all: its checksum held, so what does not fit is another version's. */
export function readState(payload: Buffer): Result<SavedState> {
  const parsed = parse(payload);
  if (!isRecord(parsed)) return fail("the saved state is not a JSON object");
  const { nodeId, position, resources } = parsed;
  if (typeof nodeId !== "string" || typeof position !== "string" || !Array.isArray(resources)) {
    return fail("the saved state lacks nodeId, position or resources");
  }
  const read: SavedResource[] = [];
  for (const [i, entry] of resources.entries()) {
    const resource = readResource(entry);
    if (resource === undefined) return fail(`the saved state's resources[${i}] lacks typeUrl, name, version or value`);
    read.push(resource);
  }
  return ok({ nodeId, position, resources: read });
}

function readResource(entry: unknown): SavedResource | undefined {
  if (!isRecord(entry)) return undefined;
  const { typeUrl, name, version, value } = entry;
  if (typeof typeUrl !== "string" || typeof name !== "string" || typeof version !== "string" || typeof value !== "string") return undefined;
  return { typeUrl, name, version, value: Buffer.from(value, "base64") };
}

type Fields = Readonly<Partial<Record<"nodeId" | "position" | "resources" | "typeUrl" | "name" | "version" | "value", unknown>>>;

function isRecord(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parse(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString("utf8"));
  } catch {
    return undefined;
  }
}
