// An answer to a check, from bytes: whole, or long enough, or what is wrong with it. Strict where it matters: what two readers could
// understand differently is no answer that passes.

/** A health page is small; what is longer is not waited for. */
const MAX_BODY_BYTES = 64 * 1_024;
const MAX_HEAD_BYTES = 16 * 1_024;
const STATUS_LINE = /^HTTP\/1\.[01] ([1-5]\d\d)(?: [\x20-\x7e\x80-\xff]*)?$/;
const FIELD = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n\0]*?)[ \t]*$/;

export interface WholeAnswer {
  readonly kind: "whole";
  readonly status: number;
  /** Lower-case names; of one that came twice, both with a comma. */
  readonly headers: ReadonlyMap<string, string>;
  /** Latin-1, the first 64 KiB. */
  readonly body: string;
}

export type AnswerState = WholeAnswer | { readonly kind: "more" } | { readonly kind: "broken"; readonly because: string };

interface Head {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly framing: Framing;
}

const MORE: AnswerState = { kind: "more" };

type Framing = { readonly kind: "none" } | { readonly kind: "length"; readonly bytes: number } | { readonly kind: "chunked" | "until-end" };

export class HttpAnswer {
  #text = "";
  #head: Head | undefined;

  take(chunk: Buffer): AnswerState {
    this.#text += chunk.toString("latin1");
    return this.#read(false);
  }

  /** The connection ended. */
  end(): AnswerState {
    const state = this.#read(true);
    return state.kind === "more" ? broken(this.#text === "" ? "the connection ended without an answer" : "the answer broke off") : state;
  }

  #read(ended: boolean): AnswerState {
    while (this.#head === undefined) {
      const end = this.#text.indexOf("\r\n\r\n");
      if (end < 0) {
        if (this.#text.length > MAX_HEAD_BYTES) return broken(`its head is longer than ${MAX_HEAD_BYTES} bytes`);
        if (!"HTTP/1.".startsWith(this.#text.slice(0, 7))) return broken("the answer is not HTTP/1");
        return MORE;
      }
      const [line = "", ...fields] = this.#text.slice(0, end).split("\r\n");
      const status = Number(STATUS_LINE.exec(line)?.[1]);
      if (Number.isNaN(status)) return broken("the answer is not HTTP/1");
      this.#text = this.#text.slice(end + 4);
      if (status === 101) return broken("status 101: nothing asked for an upgrade");
      if (status < 200) continue;
      const headers = readFields(fields);
      if (headers === undefined) return broken("a header line of the answer is malformed");
      const framing = framingOf(status, headers);
      if (framing === undefined) return broken("two readers could disagree on where the answer ends");
      this.#head = { status, headers, framing };
    }
    return this.#readBody(this.#head, ended);
  }

  #readBody({ status, headers, framing }: Head, ended: boolean): AnswerState {
    const whole = (body: string): AnswerState => ({ kind: "whole", status, headers, body: body.slice(0, MAX_BODY_BYTES) });
    switch (framing.kind) {
      case "none":
        return whole("");
      case "length":
        return this.#text.length >= Math.min(framing.bytes, MAX_BODY_BYTES) ? whole(this.#text.slice(0, framing.bytes)) : MORE;
      case "until-end":
        return ended || this.#text.length >= MAX_BODY_BYTES ? whole(this.#text) : MORE;
      case "chunked": {
        const body = unchunked(this.#text);
        if (body === undefined) return broken("a chunk of the answer is malformed");
        return body.isWhole || body.text.length >= MAX_BODY_BYTES ? whole(body.text) : MORE;
      }
    }
  }
}

function readFields(lines: readonly string[]): ReadonlyMap<string, string> | undefined {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [, name, value] = FIELD.exec(line) ?? [];
    if (name === undefined || value === undefined) return undefined;
    const key = name.toLowerCase();
    const before = headers.get(key);
    headers.set(key, before === undefined ? value : `${before}, ${value}`);
  }
  return headers;
}

/** RFC 9112 section 6.3; undefined where two lengths are given. */
function framingOf(status: number, headers: ReadonlyMap<string, string>): Framing | undefined {
  const length = headers.get("content-length");
  const coding = headers.get("transfer-encoding");
  if (coding !== undefined && (length !== undefined || coding.toLowerCase() !== "chunked")) return undefined;
  if (length !== undefined && !/^\d{1,15}$/.test(length)) return undefined;
  if (status === 204 || status === 304) return { kind: "none" };
  if (coding !== undefined) return { kind: "chunked" };
  return length === undefined ? { kind: "until-end" } : { kind: "length", bytes: Number(length) };
}

/** What is there of a chunked body so far; undefined where it is malformed. */
function unchunked(text: string): { readonly text: string; readonly isWhole: boolean } | undefined {
  let at = 0;
  let body = "";
  for (;;) {
    const end = text.indexOf("\r\n", at);
    if (end < 0) return text.length - at > 1_000 ? undefined : { text: body, isWhole: false };
    const size = /^([0-9A-Fa-f]{1,8})(?:[ \t]*;[^\r\n]*)?$/.exec(text.slice(at, end))?.[1];
    if (size === undefined) return undefined;
    const bytes = Number.parseInt(size, 16);
    const start = end + 2;
    // Trailers are of no account; the last line has to be there.
    if (bytes === 0) return { text: body, isWhole: text.startsWith("\r\n", start) || text.indexOf("\r\n\r\n", start) >= 0 };
    body += text.slice(start, start + bytes);
    if (text.length < start + bytes + 2) return { text: body, isWhole: false };
    if (!text.startsWith("\r\n", start + bytes)) return undefined;
    at = start + bytes + 2;
    if (body.length >= MAX_BODY_BYTES) return { text: body, isWhole: false };
  }
}

function broken(because: string): AnswerState {
  return { kind: "broken", because };
}
