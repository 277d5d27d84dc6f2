// `option httpchk` in its old form, and the `http-check` rules that replaced it.

export interface HttpCheckLines {
  readonly path?: string;
  readonly host?: string;
  /** As our schema takes it: `200` or `200-399`. */
  readonly status?: string;
}

interface Findings {
  left(what: string, instead: string): void;
  differs(what: string, instead: string): void;
}

/** `option httpchk [METHOD] [URI [VERSION]]`; in the old form the version carried headers after `\r\n`. */
export function httpCheckOption(args: readonly string[], found: Findings): HttpCheckLines {
  const [first, second, ...rest] = args;
  const method = second === undefined ? "OPTIONS" : (first ?? "");
  const uri = second ?? first;
  const request = readRequest(args.length === 0 ? undefined : method, uri, found);
  const headers = rest
    .join(" ")
    .split(/\r\n|\n/)
    .slice(1);
  return {
    ...request,
    ...headersOf(
      headers.map((header) => splitHeader(header)),
      found,
    ),
  };
}

/** One `http-check` rule; undefined for one that says nothing. */
export function httpCheckRule(args: readonly string[], found: Findings): HttpCheckLines | undefined {
  const [rule, ...rest] = args;
  if (rule === "send") return sendRule(rest, found);
  if (rule === "expect") return expectRule(rest, found);
  if (rule === "disable-on-404")
    found.left("http-check disable-on-404", "an endpoint that answers 404 is unhealthy unless `status` allows it");
  else found.left(`http-check ${args.join(" ")}`, "one GET request is sent, and its status counts");
  return undefined;
}

function sendRule(args: readonly string[], found: Findings): HttpCheckLines {
  let method: string | undefined;
  let uri: string | undefined;
  const headers: (readonly [string, string])[] = [];
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at];
    const next = args[at + 1] ?? "";
    if (word === "hdr") headers.push([next, args[at + 2] ?? ""]);
    if (word === "meth") method = next;
    else if (word === "uri") uri = next;
    else if (word !== "ver" && word !== "hdr" && word !== "comment")
      found.left(`http-check send ${word} ${next}`, "one GET request without a body is sent");
    at += word === "hdr" ? 2 : 1;
  }
  return { ...readRequest(method, uri, found), ...headersOf(headers, found) };
}

function readRequest(method: string | undefined, uri: string | undefined, { left, differs }: Findings): HttpCheckLines {
  if (method !== undefined && method !== "GET") differs(`check with ${method}`, "it is asked with GET");
  if (uri === undefined) return {};
  if (/^\/[\x21-\x7e]{0,2000}$/.test(uri)) return { path: uri };
  left(`check of ${uri}`, "a path begins with / and has no spaces; / is asked for");
  return {};
}

function splitHeader(header: string): readonly [string, string] {
  const colon = header.indexOf(":");
  return colon < 0 ? [header, ""] : [header.slice(0, colon), header.slice(colon + 1).trim()];
}

function headersOf(headers: readonly (readonly [string, string])[], { left }: Findings): HttpCheckLines {
  let host: string | undefined;
  for (const [name, value] of headers) {
    const isHost = name.toLowerCase() === "host" && /^[\x21-\x7e]{1,260}$/.test(value);
    if (isHost) host = value;
    else if (name !== "") left(`header ${name}: ${value} of the check`, "Host is the one header that is sent");
  }
  return host === undefined ? {} : { host };
}

/** `http-check expect [min-recv N] [comment C] … [!] status 200-299`. */
function expectRule(args: readonly string[], found: Findings): HttpCheckLines | undefined {
  const written = `http-check expect ${args.join(" ")}`;
  const at = args.indexOf("status");
  const pattern = at < 0 || args[at - 1] === "!" ? undefined : args[at + 1];
  const [first = "", ...others] = (pattern ?? "").split(",");
  const match = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(first);
  if (match === null || Number(match[2] ?? match[1]) < Number(match[1])) {
    found.left(written, "what passes is a status or a range of statuses; see `check.status`");
    return undefined;
  }
  if (others.length > 0) found.left(written, `one range passes, and ${first} is written`);
  return { status: first };
}
