// One line of JSON, a newline, the payload. Anything odd is "not trusted", with the reason.

import { sha256 } from "../hash.js";
import { fail, ok, type Result } from "../result.js";

const FORMAT = "fairlead-state-1";
/** A header is about 200 bytes; a file without a newline in the first kilobyte is not ours. */
const MAX_HEADER_BYTES = 1_024;

export interface Envelope {
  readonly payload: Buffer;
  readonly savedAtMs: number;
  readonly sequence: number;
}

export function seal({ payload, savedAtMs, sequence }: { payload: Uint8Array; savedAtMs: number; sequence: number }): Buffer {
  const header = JSON.stringify({ format: FORMAT, sequence, savedAtMs, bytes: payload.byteLength, sha256: sha256(payload) });
  return Buffer.concat([Buffer.from(`${header}\n`), payload]);
}

export function open(file: Buffer): Result<Envelope> {
  const end = file.subarray(0, MAX_HEADER_BYTES).indexOf(0x0a);
  if (end < 0) return fail("no header line");
  const header = parseHeader(file.toString("utf8", 0, end));
  if (header === undefined) return fail("the header is not readable");
  if (header.format !== FORMAT) return fail(`format ${String(header.format).slice(0, 40)} is not ${FORMAT}`);
  const payload = file.subarray(end + 1);
  if (payload.byteLength !== header.bytes) return fail(`${payload.byteLength} bytes where the header says ${String(header.bytes)}`);
  if (sha256(payload) !== header.sha256) return fail("the checksum does not match");
  if (!Number.isSafeInteger(header.sequence) || typeof header.savedAtMs !== "number") return fail("the header has no sequence or time");
  return ok({ payload, savedAtMs: header.savedAtMs, sequence: header.sequence as number });
}

/** What a header may hold; every field is checked before it is believed. */
type Header = Readonly<Partial<Record<"format" | "sequence" | "savedAtMs" | "bytes" | "sha256", unknown>>>;

function parseHeader(text: string): Header | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
