// A haproxy.cfg as a configuration of ours: a service for each `backend` and `listen` that has servers.

import { fail, ok, type Result } from "@fairlead/shared";
import { Draft, type DraftService } from "./draft.js";
import { draftCheck } from "./draft-check.js";
import { type HaproxySection, haproxySections } from "./haproxy-sections.js";
import type { Imported, ImportProblem } from "./imported.js";
import { printDraft } from "./print-draft.js";
import { newProxyLines, type ProxyLines, takeProxyLine, type WrittenServer } from "./proxy-lines.js";
import { type ServerAddress, serverAddress } from "./server-address.js";

/** Converts the text. Whatever it says, the answer is a configuration that passes the check, or problems with their lines. */
export function importHaproxy(file: string, text: string): Result<Imported, readonly ImportProblem[]> {
  const read = haproxySections(file, text);
  if (!read.ok) return fail(read.error);
  const draft = new Draft();
  for (const { place, words } of read.value.conditional)
    draft.left(place, words.join(" "), "which lines of an .if count is known to HAProxy alone; take the condition out and import again");
  const { sections } = read.value;
  const resolvers = new Map<string, readonly string[]>();
  for (const section of sections) if (section.kind === "resolvers") resolvers.set(section.name, resolversOf(section, draft));
  const services = new Map<string, DraftService>();
  for (const section of sections) {
    if (section.kind === "backend" || section.kind === "listen") {
      const service = takeService(section, { draft, resolvers });
      if (service !== undefined) services.set(section.name, service);
    } else if (section.kind !== "frontend" && section.kind !== "resolvers") {
      draft.left(
        section.place,
        `${section.kind} ${section.name}`.trim(),
        OTHER_SECTIONS[section.kind] ?? "nothing of this section has a counterpart",
      );
    }
  }
  for (const section of sections) if (section.kind === "frontend") takeFrontend(section, services, draft);
  return ok({ text: printDraft(draft, file), findings: draft.findings });
}

const OTHER_SECTIONS: Readonly<Record<string, string>> = {
  global: "nothing to do; it sets up the HAProxy process",
  peers: "nothing to do; there are no tables to share",
  userlist: "authentication of callers stays where it is",
};

/** Nameservers of one `resolvers` section; empty means those of the machine. */
function resolversOf({ lines, name }: HaproxySection, draft: Draft): readonly string[] {
  const written: string[] = [];
  for (const { words, place } of lines) {
    const [word, , address] = words;
    if (word === "nameserver" && address !== undefined) written.push(...draft.resolvers([address.replace(/^(udp|tcp)[46]?@/, "")], place));
    else if (word !== "parse-resolv-conf")
      draft.left(place, words.join(" "), "nothing to do; DNS has its own time-outs, and keeps what failed");
    else if (written.length > 0)
      draft.left(place, `parse-resolv-conf in resolvers ${name}`, "the nameservers that are written are asked, and no others");
  }
  return [...new Set(written)];
}

function readProxy(section: HaproxySection, draft: Draft): ProxyLines {
  const proxy = newProxyLines();
  for (const line of [...section.inherited.flat(), ...section.lines]) takeProxyLine(proxy, line, draft);
  return proxy;
}

interface Around {
  readonly draft: Draft;
  readonly resolvers: ReadonlyMap<string, readonly string[]>;
}

function takeService(section: HaproxySection, around: Around): DraftService | undefined {
  const { draft } = around;
  const proxy = readProxy(section, draft);
  const what = `${section.kind} ${section.name}`;
  const because = proxy.off ? "HAProxy has switched it off" : proxy.servers.length === 0 ? noServer(proxy) : undefined;
  if (because !== undefined) {
    draft.left(section.place, what, because);
    return undefined;
  }
  const service = draft.service(section.name, section.place);
  if (service === undefined) return undefined;
  applyProxy(service, proxy, draft);
  if (section.kind === "listen") takeFront(service, proxy, draft);
  const weighted = proxy.servers.some(({ words }) => words.weight !== undefined || words.disabled === true);
  for (const server of proxy.servers) takeServer(service, { server, weighted, callersPort: service.localPort }, around);
  return service;
}

function noServer({ statistics }: ProxyLines): string {
  return statistics ? "it shows statistics; see GET /v1/status and /metrics" : "it has no server";
}

/** What the lines say about the service as a whole; shared with Synapse, whose `listen` lists hold the same lines. */
export function applyProxy(service: DraftService, proxy: ProxyLines, draft: Draft): void {
  service.protocol = proxy.mode;
  service.lb = proxy.lb;
  if (proxy.attempts !== undefined) service.attempts = proxy.attempts;
  service.check = draftCheck(proxy, service.place, draft);
  if (proxy.serverTimeoutMs === undefined) return;
  if (proxy.mode === "http1") {
    service.timeoutMs = proxy.serverTimeoutMs;
    draft.differs(
      service.place,
      `timeout server of ${service.name}`,
      "`timeout` is for the whole request, not for silence; see that long answers fit in",
    );
  } else draft.left(service.place, `timeout server of ${service.name}`, "a tcp service has no time-out yet");
}

interface ServerSpot {
  readonly server: WrittenServer;
  readonly weighted: boolean;
  /** A server without a port is called on the one the client called. */
  readonly callersPort: number | undefined;
}

/** HAProxy's weight where none is written; relative to its siblings, so it is written when one of them says another. */
const HAPROXY_WEIGHT = 1;

function takeServer(service: DraftService, spot: ServerSpot, around: Around): void {
  const { line, words, address: written } = spot.server;
  const address = serverAddress(written);
  const unusable = words.backup === true ? "endpoints are equal; add it as one of them, or when it is needed" : words.foreign;
  if (unusable !== undefined) around.draft.left(line.place, `server ${written}`, unusable);
  else if (!address.ok) around.draft.left(line.place, `server ${written}`, address.error);
  else takeMember(service, { ...spot, ...address.value }, around);
}

function takeMember(service: DraftService, member: ServerSpot & ServerAddress, { draft, resolvers }: Around): void {
  const { server, weighted, callersPort, host, port = callersPort } = member;
  const { line, words, template } = server;
  const what = `server ${server.address}`;
  const asked = words.resolvers === undefined ? [] : resolvers.get(words.resolvers);
  if (asked === undefined)
    draft.left(line.place, `resolvers ${words.resolvers}`, "no section has this name; the nameservers of /etc/resolv.conf are asked");
  const prefer = words.prefer === undefined ? {} : { prefer: words.prefer };
  const spot = { place: line.place, resolvers: asked ?? [], ...prefer };
  if (template && host.startsWith("_")) draft.name(service, { name: host, type: "SRV" }, spot);
  else if (port === undefined) draft.left(line.place, what, "it names no port; write one");
  else {
    if (words.disabled === true) draft.differs(line.place, `${what} disabled`, "it has weight 0, which gives it no new requests");
    const weight = words.disabled === true ? 0 : (words.weight ?? HAPROXY_WEIGHT);
    draft.member(service, { host, port, ...(weighted ? { weight } : {}) }, spot);
  }
}

/** The port of a `bind` line becomes the service's local port. */
function takeBind(
  service: DraftService,
  { words, place }: { readonly words: readonly string[]; readonly place: string },
  draft: Draft,
): void {
  const options = words.slice(2);
  if (options.length > 0) draft.left(place, `${options.join(" ")} of bind`, "the sidecar listens without options, for its own host");
  for (const one of (words[1] ?? "").split(",")) {
    const address = serverAddress(one);
    if (!address.ok || address.value.port === undefined) {
      draft.left(place, `bind ${one}`, address.ok ? "a local port is one number" : address.error);
      continue;
    }
    const { host, port } = address.value;
    if (!LOOPBACK.has(host))
      draft.differs(
        place,
        `bind ${one}`,
        "the local port is on 127.0.0.1 beside each caller; write `listen` in the sidecar's upstreams for another address",
      );
    draft.localPort(service, port, place);
  }
}

const LOOPBACK = new Set(["127.0.0.1", "localhost", "::1"]);

const NO_ROUTING = "routing by content stays where it is; callers name the service they want";

/** The half of a `listen` that a frontend would be. */
function takeFront(service: DraftService, { binds, uses, defaultBackend }: ProxyLines, draft: Draft): void {
  for (const bind of binds) takeBind(service, bind, draft);
  for (const { place, words } of [...uses, ...(defaultBackend === undefined ? [] : [defaultBackend])])
    draft.left(place, words.join(" "), NO_ROUTING);
}

/** A frontend gives its port to the backend it sends everything to. */
function takeFrontend(section: HaproxySection, services: ReadonlyMap<string, DraftService>, draft: Draft): void {
  const { binds, defaultBackend, uses } = readProxy(section, draft);
  const always = uses.filter(({ words }) => words.length === 2);
  const target = always[0] ?? defaultBackend;
  for (const use of uses) {
    if (use !== target) draft.left(use.place, use.words.join(" "), NO_ROUTING);
  }
  const name = target?.words[1] ?? "";
  const service = services.get(name);
  if (service !== undefined) for (const bind of binds) takeBind(service, bind, draft);
  else
    draft.left(
      section.place,
      `frontend ${section.name}`,
      target === undefined ? "it has no backend of its own" : `its backend ${name} is not carried`,
    );
}
