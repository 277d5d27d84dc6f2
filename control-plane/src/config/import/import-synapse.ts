// A configuration of Synapse (the SmartStack connector) as one of ours: a service for each entry of `services`.

import { type ConfigPath, fail, formatPlace, ok, type Result, readConfig } from "@fairlead/shared";
import Type from "typebox";
import { type At, entryOf, type Fields, mapOf, portOf, type Spot, spotOf } from "./document-spot.js";
import { Draft, type DraftService } from "./draft.js";
import { haproxyWords } from "./haproxy-words.js";
import { applyProxy } from "./import-haproxy.js";
import type { Imported, ImportProblem } from "./imported.js";
import { printDraft } from "./print-draft.js";
import { newProxyLines, type ProxyLines, takeProxyLine } from "./proxy-lines.js";
import { serverWords } from "./server-words.js";
import { takeDefaultServers, takeDiscovery } from "./synapse-discovery.js";

/** Converts the text, JSON or the YAML that Synapse reads as well. Whatever it says, the answer passes the check, or is problems with their places. */
export function importSynapse(file: string, text: string): Result<Imported, readonly ImportProblem[]> {
  // JSON knows raw tabs between values only; YAML takes none at the start of a line.
  const read = readConfig({ file, text: text.replaceAll("\t", " "), schema: Type.Unknown() });
  if (!read.ok) return fail(read.error.map(({ place, message }) => ({ place: formatPlace(place), message })));
  const root = mapOf(read.value.value);
  const services = mapOf(root?.["services"]);
  if (root === undefined || services === undefined)
    return fail([{ place: `${file}:1:1`, message: "no `services` map; is this a configuration of Synapse?" }]);
  const draft = new Draft();
  const at = spotOf(draft, read.value);
  for (const key of Object.keys(root))
    if (key !== "services" && key !== "haproxy") at([key]).left(key, entryOf(TOP_LEVEL, key) ?? "no counterpart");
  const inherited = takeTopLevelHaproxy(mapOf(root["haproxy"]), at);
  for (const [name, entry] of Object.entries(services)) {
    const spot = at(["services", name]);
    const service = mapOf(entry);
    if (service === undefined) spot.left(`service ${name}`, "it is no map");
    else takeService(name, service, { at: (path) => at(["services", name, ...path]), draft, inherited });
  }
  return ok({ text: printDraft(draft, file), findings: draft.findings });
}

const TOP_LEVEL: Readonly<Record<string, string>> = {
  service_conf_dir: "write the services of its files into `services`, and import again",
  file_output: "who read these files can ask GET /v1/services",
  statsd: "see /metrics",
};

interface Around {
  /** Paths from the service. */
  readonly at: At;
  readonly draft: Draft;
  readonly inherited: readonly Line[];
}

type Line = Parameters<typeof takeProxyLine>[1];

/** Lines of `haproxy.defaults`; everything else there is about the HAProxy process. */
function takeTopLevelHaproxy(haproxy: Fields | undefined, at: At): readonly Line[] {
  for (const key of Object.keys(haproxy ?? {})) {
    if (key !== "defaults") at(["haproxy", key]).left(`haproxy.${key}`, "nothing to do; it sets up the HAProxy process");
  }
  return linesOf(haproxy?.["defaults"], (index) => at(["haproxy", "defaults", ...index]));
}

function linesOf(value: unknown, at: (index: ConfigPath) => Spot): readonly Line[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) {
    at([]).left("haproxy lines", "a list of lines was expected");
    return [];
  }
  return value.flatMap((text: unknown, index) => {
    const spot = at([index]);
    const read = typeof text === "string" ? haproxyWords(text.replace(/[\r\n]+/g, " ")) : fail("it is no text");
    if (!read.ok) spot.left("a haproxy line", read.error);
    return read.ok && read.value.words.length > 0 ? [{ place: spot.place, ...read.value }] : [];
  });
}

const SERVICE_KEYS = new Set(["discovery", "default_servers", "haproxy", "use_previous_backends", "keep_default_servers"]);

function takeService(name: string, entry: Fields, { at, draft, inherited }: Around): void {
  const spot = at([]);
  const service = draft.service(name, spot.place);
  if (service === undefined) return;
  for (const key of Object.keys(entry)) if (!SERVICE_KEYS.has(key)) at([key]).left(key, entryOf(SERVICE_LEFT, key) ?? "no counterpart");
  takeHaproxy(service, mapOf(entry["haproxy"]) ?? {}, { at, draft, inherited });
  if (entry["use_previous_backends"] === false) {
    service.safety = "off";
    at(["use_previous_backends"]).differs("use_previous_backends: false", "safety: off takes every removal at once, the partial ones too");
  }
  const discovered = takeDiscovery(service, entry, { at, draft });
  takeDefaultServers(service, entry, { at, draft, discovered });
}

const SERVICE_LEFT: Readonly<Record<string, string>> = {
  file_output: "who read these files can ask GET /v1/services",
  leader_election: "all members are endpoints; there is no leader",
  backend_port_override: "the port a member registered is called",
  nginx: "nothing to do; it sets up nginx",
  envoy: "nothing to do; Envoy asks the control plane",
};

const HAPROXY_LISTS = ["listen", "frontend", "backend"] as const;
const HAPROXY_KEYS = new Set<string>([...HAPROXY_LISTS, "port", "server_options", "disabled"]);

function takeHaproxy(service: DraftService, haproxy: Fields, { at, draft, inherited }: Around): void {
  const proxy = newProxyLines();
  const own = HAPROXY_LISTS.flatMap((key) => linesOf(haproxy[key], (index) => at(["haproxy", key, ...index])));
  for (const line of [...inherited, ...own]) takeProxyLine(proxy, line, draft);
  for (const line of [...proxy.binds, ...proxy.uses])
    draft.left(line.place, line.words.join(" "), "a service has one local port and one set of endpoints");
  takeServerOptions(proxy, haproxy["server_options"], at(["haproxy", "server_options"]));
  applyProxy(service, proxy, draft);
  for (const key of Object.keys(haproxy))
    if (!HAPROXY_KEYS.has(key)) at(["haproxy", key]).left(`haproxy.${key}`, entryOf(HAPROXY_LEFT, key) ?? "no counterpart");
  const port = haproxy["port"];
  // No port, or null, is Synapse's way to say that nobody listens for the service here.
  if (port === undefined || port === null || haproxy["disabled"] === true) return;
  draft.localPort(service, portOf(port), at(["haproxy", "port"]).place);
}

const HAPROXY_LEFT: Readonly<Record<string, string>> = {
  bind_address: "the local port is on 127.0.0.1; write `listen` in the sidecar's upstreams for another address",
  shared_frontend: "routing by content stays where it is",
  cookie_value_method: "there is no session affinity",
  backend_order: "order has no meaning",
  backend_name: "the service's name is used everywhere",
};

/** `server_options: check inter 2s rise 3 fall 2` stands on every server line that Synapse writes. */
function takeServerOptions(proxy: ProxyLines, options: unknown, spot: Spot): void {
  if (options === undefined || options === null) return;
  const read = typeof options === "string" ? haproxyWords(options.replace(/[\r\n]+/g, " ")) : fail("it is no text");
  if (!read.ok) {
    spot.left("server_options", read.error);
    return;
  }
  const words = serverWords(proxy.defaultServer, read.value.words, (what, instead) => spot.left(what, instead));
  // The members come from discovery: what counts here is what every one of them says about checks.
  proxy.servers.splice(0, proxy.servers.length, {
    line: { place: spot.place, words: [], variables: [] },
    template: false,
    address: "",
    words,
  });
}
