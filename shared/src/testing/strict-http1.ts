// A second opinion on HTTP/1.1: a reader as strict as RFC 9112 allows and as plain as it can be, written apart from the data plane's
// own. It takes whole texts (one character per octet), knows no speed, and judges what was sent on.

export interface HttpMessage {
  /** The first line. */
  readonly line: string;
  /** Names in lower case, in their order. */
  readonly fields: readonly (readonly [string, string])[];
  readonly body: string;
  readonly trailers: readonly (readonly [string, string])[];
}

/** `rest`: what lies behind the message. `part`: nothing wrong so far, but not whole. */
export type Read =
  | { readonly kind: "message"; readonly message: HttpMessage; readonly rest: string }
  | { readonly kind: "part" }
  | { readonly kind: "fault"; readonly why: string };

const FIELD = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*$/;
const REQUEST_LINE = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+ [\x21\x22\x24-\x7e]+ HTTP\/1\.[01]$/;
const STATUS_LINE = /^HTTP\/1\.[01] [1-5][0-9][0-9](?: [\t\x20-\x7e\x80-\xff]*)?$/;
const CHUNK_LINE =
  /^([0-9A-Fa-f]{1,13})((?:;(?:[!#$%&'*+\-.^_`|~0-9A-Za-z;=]|"(?:[\t\x20\x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t\x20-\x7e\x80-\xff])*")*)?)$/;

/** One request from the beginning of `text`. */
export function readRequest(text: string): Read {
  const head = readHead(text, REQUEST_LINE);
  if (head.kind !== "head") return head;
  const { line, fields } = head;
  const isOld = line.endsWith("HTTP/1.0");
  const hosts = valuesOf(fields, "host");
  if (hosts.length > 1 || (hosts.length === 0 && !isOld)) return fault("not one Host");
  return readBody(head, { isOld, bodiless: false, untilClose: false });
}

/** One final response, the interim ones before it skipped. `ended`: the connection was closed behind `text`. */
export function readResponse(text: string, options: { readonly isHead: boolean; readonly ended: boolean }): Read {
  let left = text;
  for (let interim = 0; interim <= 32; interim++) {
    const head = readHead(left, STATUS_LINE);
    if (head.kind !== "head") return head;
    const status = Number(head.line.slice(9, 12));
    if (status === 101) return fault("101");
    if (status < 200) {
      left = head.rest;
      if (framingFault(head.fields, head.line.startsWith("HTTP/1.0")) !== undefined) return fault("framing of an interim response");
      continue;
    }
    const read = readBody(head, {
      isOld: head.line.startsWith("HTTP/1.0"),
      bodiless: options.isHead || status === 204 || status === 304,
      untilClose: true,
    });
    if (read.kind === "message" && isUntilClose(read.message.fields) && !options.isHead && status !== 204 && status !== 304) {
      return options.ended ? read : { kind: "part" };
    }
    return read;
  }
  return fault("a flood of interim responses");
}

/** Values of one field, in their order. */
export function valuesOf(fields: HttpMessage["fields"], name: string): string[] {
  return fields.filter(([each]) => each === name).map(([, value]) => value);
}

type Head = { readonly kind: "head"; readonly line: string; readonly fields: HttpMessage["fields"]; readonly rest: string };

function readHead(text: string, line: RegExp): Head | Exclude<Read, { kind: "message" }> {
  const end = text.indexOf("\r\n\r\n");
  const [first = "", ...others] = (end < 0 ? text : text.slice(0, end)).split("\r\n");
  if (end < 0) return { kind: "part" };
  if (!line.test(first)) return fault(`first line ${JSON.stringify(first)}`);
  const fields = readFields(others);
  if (typeof fields === "string") return fault(fields);
  return { kind: "head", line: first, fields, rest: text.slice(end + 4) };
}

function readFields(lines: readonly string[]): HttpMessage["fields"] | string {
  const fields: [string, string][] = [];
  for (const line of lines) {
    const match = FIELD.exec(line);
    if (match === null) return `field line ${JSON.stringify(line)}`;
    fields.push([(match[1] ?? "").toLowerCase(), match[2] ?? ""]);
  }
  return fields;
}

function isUntilClose(fields: HttpMessage["fields"]): boolean {
  return valuesOf(fields, "content-length").length === 0 && valuesOf(fields, "transfer-encoding").length === 0;
}

function framingFault(fields: HttpMessage["fields"], isOld: boolean): string | undefined {
  const lengths = valuesOf(fields, "content-length");
  const codings = valuesOf(fields, "transfer-encoding");
  if (lengths.length + codings.length > 1) return "two framings";
  if (codings.length > 0 && (isOld || codings[0]?.toLowerCase() !== "chunked")) return "a coding";
  if (lengths.length > 0 && (!/^[0-9]+$/.test(lengths[0] ?? "") || Number(lengths[0]) > Number.MAX_SAFE_INTEGER)) return "a length";
  return undefined;
}

function readBody(
  { line, fields, rest }: Head,
  how: { readonly isOld: boolean; readonly bodiless: boolean; readonly untilClose: boolean },
): Read {
  const why = framingFault(fields, how.isOld);
  if (why !== undefined) return fault(why);
  const whole = (body: string, left: string, trailers: HttpMessage["trailers"] = []): Read => ({
    kind: "message",
    message: { line, fields, body, trailers },
    rest: left,
  });
  if (how.bodiless) return whole("", rest);
  if (valuesOf(fields, "transfer-encoding").length > 0) return readChunks(rest, whole);
  const [length] = valuesOf(fields, "content-length");
  if (length === undefined) return how.untilClose ? whole(rest, "") : whole("", rest);
  return rest.length < Number(length) ? { kind: "part" } : whole(rest.slice(0, Number(length)), rest.slice(Number(length)));
}

function readChunks(text: string, whole: (body: string, left: string, trailers: HttpMessage["trailers"]) => Read): Read {
  let left = text;
  let body = "";
  for (;;) {
    const end = left.indexOf("\r\n");
    if (end < 0) return { kind: "part" };
    const match = CHUNK_LINE.exec(left.slice(0, end));
    if (match === null) return fault(`chunk line ${JSON.stringify(left.slice(0, end))}`);
    const size = Number.parseInt(match[1] ?? "", 16);
    left = left.slice(end + 2);
    if (size === 0) break;
    if (left.length < size + 2) return left.length > size && left[size] !== "\r" ? fault("chunk end") : { kind: "part" };
    if (left.slice(size, size + 2) !== "\r\n") return fault("chunk end");
    body += left.slice(0, size);
    left = left.slice(size + 2);
  }
  if (left.startsWith("\r\n")) return whole(body, left.slice(2), []);
  const end = left.indexOf("\r\n\r\n");
  if (end < 0) return { kind: "part" };
  const trailers = readFields(left.slice(0, end).split("\r\n"));
  return typeof trailers === "string" ? fault(trailers) : whole(body, left.slice(end + 4), trailers);
}

function fault(why: string): { readonly kind: "fault"; readonly why: string } {
  return { kind: "fault", why };
}
