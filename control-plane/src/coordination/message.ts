// What one checker tells the others: whom it checks, and of whom it does not think well. JSON in its znode.

import { contentHash, type EndpointId, fail, ok, type Result } from "@fairlead/shared";
import type { EvidenceKind, HealthStatus, Opinion } from "../health/index.js";

/** More than this many exceptions, or bytes, say more of the checker than of the endpoints: then it says only that. */
const MAX_EXCEPTIONS = 500;
const MAX_BYTES = 256 * 1_024;
const MAX_BECAUSE = 160;

export interface Exception {
  readonly status: Exclude<HealthStatus, "healthy">;
  readonly kind: EvidenceKind | undefined;
  readonly refusing: boolean;
  readonly because: string;
}

/** What a checker thinks of a service's endpoints: healthy, but for the exceptions. */
export interface ServiceWord {
  /** Hash of all the endpoints it means. Who knows others takes no silence for a word. */
  readonly of: string;
  readonly but: Readonly<Record<string, Exception>>;
}

export type Words = ReadonlyMap<string, ServiceWord>;

export interface Message {
  readonly id: string;
  readonly zone: string;
  /** Of this life of the process. */
  readonly run: string;
  readonly startedMs: number;
  /** Undefined: too many to tell. */
  readonly words: Words | undefined;
}

/** Undefined where it has an opinion of nobody. */
export function wordOf(opinions: ReadonlyMap<EndpointId, Opinion>): ServiceWord | undefined {
  const but: Record<string, Exception> = {};
  let known = false;
  for (const [id, { status, kind, refusing, because }] of opinions) {
    if (status !== "unknown") known = true;
    if (status !== "healthy") but[id] = { status, kind, refusing, because: because.slice(0, MAX_BECAUSE) };
  }
  return known ? { of: hashOfAll(opinions.keys()), but } : undefined;
}

function hashOfAll(ids: Iterable<string>): string {
  return contentHash([...ids].sort().join(" ")).slice(0, 12);
}

export function encodeMessage({ words, ...rest }: Message): Uint8Array {
  const exceptions = [...(words?.values() ?? [])].reduce((sum, { but }) => sum + Object.keys(but).length, 0);
  const whole = Buffer.from(JSON.stringify({ ...rest, words: Object.fromEntries(words ?? []) }));
  if (words !== undefined && exceptions <= MAX_EXCEPTIONS && whole.length <= MAX_BYTES) return whole;
  return Buffer.from(JSON.stringify({ ...rest, tooMany: true }));
}

/** Others may run other versions: every field is checked before it is believed. */
export function decodeMessage(data: Uint8Array): Result<Message> {
  if (data.length > MAX_BYTES) return fail(`${data.length} bytes are more than ${MAX_BYTES}`);
  const value = parsed(Buffer.from(data).toString("utf8"));
  if (!isObject(value)) return fail("no JSON object");
  const { id, zone, run, startedMs, words, tooMany } = value;
  if (typeof id !== "string" || typeof zone !== "string" || typeof run !== "string" || typeof startedMs !== "number")
    return fail("id, zone, run or startedMs is missing");
  if (tooMany === true) return ok({ id, zone, run, startedMs, words: undefined });
  if (!isObject(words)) return fail("words is missing");
  const read = new Map<string, ServiceWord>();
  for (const [service, word] of Object.entries(words)) {
    if (!isWord(word)) return fail(`what it says of ${service.slice(0, 80)} is not understood`);
    read.set(service, word);
  }
  return ok({ id, zone, run, startedMs, words: read });
}

function isWord(value: unknown): value is ServiceWord {
  return isObject(value) && typeof value["of"] === "string" && isObject(value["but"]) && Object.values(value["but"]).every(isException);
}

function isException(value: unknown): value is Exception {
  if (!isObject(value)) return false;
  const { status, kind, refusing, because } = value;
  const knownKind = kind === undefined || kind === "answer" || kind === "complaint" || kind === "silence";
  return (status === "unknown" || status === "unhealthy") && knownKind && typeof refusing === "boolean" && typeof because === "string";
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
