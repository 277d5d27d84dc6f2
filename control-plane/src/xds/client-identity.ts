// Whom a client's certificate names, and which node ids that one may claim.

/** The names of one certificate, all of one kind: one of them is as good as another. */
export interface ClientIdentity {
  readonly kind: "uri" | "dns" | "common-name";
  /** At least one. */
  readonly names: readonly [string, ...string[]];
}

/** What a certificate says, as node:tls prints it. */
export interface CertificateNames {
  /** `URI:spiffe://mesh/ns/web, DNS:web.internal`. */
  readonly alternativeNames: string | undefined;
  readonly commonName: unknown;
}

/** Who may claim which node ids. In every pattern `*` stands for any text. */
export interface ClientRule {
  /** A pattern with `://` is for URI names alone, any other for DNS names and common names. */
  readonly identity: string;
  readonly nodes: readonly string[];
}

/** Names beyond this length are nobody's. */
const MAX_NAME = 512;
/** Visible ASCII without what stands for something else in a list or a pattern. */
const PLAIN = /^[!#-()+\-./0-~]+$/;
/** One entry; a value with a comma or a quote in it is printed as a JSON text, and is taken for nobody's name. */
const ENTRY = /(?:^|, )([^:,"]+):("(?:[^"\\]|\\.)*"|[^,"]*)(?=, |$)/g;

/** URI names first, then DNS names, then the common name (which RFC 9525 no longer counts, and old authorities still write). */
export function identityOf({ alternativeNames = "", commonName }: CertificateNames): ClientIdentity | undefined {
  const entries = [...alternativeNames.matchAll(ENTRY)].map(([, type = "", value = ""]) => ({ type, value }));
  const namesOf = (type: string) => entries.filter((entry) => entry.type === type && isPlain(entry.value)).map(({ value }) => value);
  const common = typeof commonName === "string" && isPlain(commonName) ? [commonName] : [];
  return named("uri", namesOf("URI")) ?? named("dns", namesOf("DNS").map(lowerCase)) ?? named("common-name", common);
}

function named(kind: ClientIdentity["kind"], [first, ...others]: readonly string[]): ClientIdentity | undefined {
  return first === undefined ? undefined : { kind, names: [first, ...others] };
}

function isPlain(name: string): boolean {
  return name.length <= MAX_NAME && PLAIN.test(name);
}

function lowerCase(name: string): string {
  return name.toLowerCase();
}

/** Whether this client may be that node: undefined, or why not. Without rules a node is called after its certificate. */
export function nodeRefusal(identity: ClientIdentity, nodeId: string, rules: readonly ClientRule[] | undefined): string | undefined {
  const who = `the certificate of ${identity.names.join(", ").slice(0, MAX_NAME)}`;
  if (rules === undefined) {
    const bases = identity.names.flatMap((name) => nodeBases(name));
    if (bases.some((base) => isCalledAfter(nodeId, base))) return undefined;
    const shortest = bases.at(-1) ?? "";
    return `${who} may not claim node id ${shown(nodeId)}: without xds.tls.clients it may be ${shortest}, or begin with that and one of / - .`;
  }
  const own = rules.filter((rule) => identity.names.some((name) => matchesIdentity(rule.identity, identity.kind, name)));
  if (own.length === 0) return `${who} is not among xds.tls.clients`;
  const nodes = own.flatMap((rule) => rule.nodes);
  if (nodes.some((pattern) => matches(pattern, nodeId))) return undefined;
  return `${who} may not claim node id ${shown(nodeId)}: xds.tls.clients allows it ${nodes.slice(0, 5).join(", ")}${nodes.length > 5 ? ", …" : ""}`;
}

/** The name itself, and of a SPIFFE id its last path segment: the workload. */
function nodeBases(name: string): readonly string[] {
  if (!name.startsWith("spiffe://")) return [name];
  const [, ...path] = name.slice("spiffe://".length).split("/");
  const workload = path.at(-1) ?? "";
  return workload === "" ? [name] : [name, workload];
}

function isCalledAfter(nodeId: string, base: string): boolean {
  return nodeId === base || (nodeId.startsWith(base) && "/-.".includes(nodeId.charAt(base.length)));
}

function matchesIdentity(pattern: string, kind: ClientIdentity["kind"], name: string): boolean {
  if (pattern.includes("://") !== (kind === "uri")) return false;
  return kind === "dns" ? matches(pattern.toLowerCase(), name) : matches(pattern, name);
}

/** Without backtracking: each text between stars is taken where it comes first. */
function matches(pattern: string, text: string): boolean {
  const [start = "", ...rest] = pattern.split("*");
  const end = rest.pop();
  if (end === undefined) return text === start;
  if (!text.startsWith(start) || !text.endsWith(end) || text.length < start.length + end.length) return false;
  let from = start.length;
  const to = text.length - end.length;
  for (const part of rest) {
    const at = text.indexOf(part, from);
    if (at < 0 || at + part.length > to) return false;
    from = at + part.length;
  }
  return true;
}

function shown(nodeId: string): string {
  return JSON.stringify(nodeId.slice(0, 100));
}
