// Where the members of a Synapse service come from.

import { canonicalIp } from "@fairlead/shared";
import { type At, entryOf, type Fields, listOf, mapOf, portOf, type Spot, shown } from "./document-spot.js";
import type { Draft, DraftService } from "./draft.js";

interface Sources {
  readonly at: At;
  readonly draft: Draft;
}

/** Whether Synapse finds the members somewhere, so that `default_servers` stand for them only while it finds none. */
export function takeDiscovery(service: DraftService, entry: Fields, { at, draft }: Sources): boolean {
  const discovery = mapOf(entry["discovery"]) ?? {};
  const method = discovery["method"] ?? "base";
  const spot = at(["discovery"]);
  const known = new Set(["method", ...(entryOf(METHOD_KEYS, shown(method)) ?? Object.keys(discovery))]);
  for (const key of Object.keys(discovery))
    if (!known.has(key)) at(["discovery", key]).left(`discovery.${key}`, entryOf(DISCOVERY_LEFT, key) ?? "no counterpart");
  switch (method) {
    case "base":
    case "stub":
    case "static":
      return false;
    case "zookeeper":
    case "zookeeper_poll":
      takeZooKeeper(service, discovery, { at, draft });
      return true;
    case "dns":
      takeDns(service, discovery, { at, draft });
      return true;
    default:
      spot.left(
        `discovery method ${shown(method)}`,
        "members come from ZooKeeper, DNS, files and static lists; write them to one of these",
      );
      return true;
  }
}

/** Members that are meant to be left out must not come in unasked. */
const FILTERS = ["label_filter", "label_filters"];

const METHOD_KEYS: Readonly<Record<string, readonly string[]>> = {
  base: [],
  stub: [],
  static: [],
  zookeeper: ["hosts", "path", "decode", ...FILTERS],
  // We watch; there is nothing to poll.
  zookeeper_poll: ["hosts", "path", "decode", "polling_interval_sec", ...FILTERS],
  dns: ["servers", "nameserver", "check_interval"],
};

const DISCOVERY_LEFT: Readonly<Record<string, string>> = {
  generator_config_path: "settings are in this file, not in the data of the parent znode",
  discovery_jitter: "nothing to do; readings are spread by the control plane",
  max_jitter: "nothing to do; readings are spread by the control plane",
};

function takeZooKeeper(service: DraftService, discovery: Fields, { at, draft }: Sources): void {
  const { hosts, path } = discovery;
  const spot = at(["discovery"]);
  const filter = FILTERS.find((key) => discovery[key] !== undefined && discovery[key] !== null);
  if (filter !== undefined) {
    at(["discovery", filter]).left(
      `path ${shown(path)} with ${filter}`,
      "members are not filtered by label; let those that are meant register under a path of their own, and add it",
    );
    return;
  }
  const servers = listOf(hosts).filter((host): host is string => typeof host === "string");
  const decode = mapOf(discovery["decode"]) ?? {};
  const format = decode["method"] === "serverset" ? "serverset" : "nerve";
  if (decode["method"] !== undefined && decode["method"] !== "nerve" && decode["method"] !== "serverset")
    at(["discovery", "decode", "method"]).left(`decode ${shown(decode["method"])}`, "members are read as those of Nerve");
  const endpoint = decode["endpoint_name"];
  const chosen = typeof endpoint === "string" && format === "serverset" && endpoint.length >= 1 && endpoint.length <= 128;
  if (endpoint !== undefined && endpoint !== null && !chosen) {
    at(["discovery", "decode", "endpoint_name"]).left(
      `path ${shown(path)} with endpoint_name ${shown(endpoint)}`,
      "no member has it; say which port is meant",
    );
    return;
  }
  // A chroot stands after the last server; our paths begin at the root.
  const roots = new Set(servers.map((server) => server.replace(/^[^/]*/, "").replace(/\/$/, "")));
  const root = [...roots].find((text) => text !== "") ?? "";
  const plain = servers.map((server) => withPort(server.replace(/\/.*$/, "").trim()));
  if (typeof path !== "string") spot.left("discovery without a path", "write the znode whose children are the members");
  else
    draft.path(
      service,
      { servers: [...new Set(plain)], path: `${root}${path.replace(/\/+$/, "")}`, format, ...(chosen ? { endpoint } : {}) },
      spot.place,
    );
}

function withPort(server: string): string {
  return server.includes(":") ? server : `${server}:2181`;
}

function takeDns(service: DraftService, discovery: Fields, { at, draft }: Sources): void {
  const nameserver = discovery["nameserver"];
  const written = listOf(nameserver).filter((address): address is string => typeof address === "string");
  const resolvers = draft.resolvers(
    written.map((address) => (canonicalIp(address) === undefined ? address : withDnsPort(address))),
    at(["discovery", "nameserver"]).place,
  );
  listOf(discovery["servers"]).forEach((entry, index) => {
    takeServer(service, entry, { spot: at(["discovery", "servers", index]), draft, resolvers });
  });
}

function withDnsPort(ip: string): string {
  return ip.includes(":") ? `[${ip}]:53` : `${ip}:53`;
}

interface ServerSpot {
  readonly spot: Spot;
  readonly draft: Draft;
  readonly resolvers: readonly string[];
}

function takeServer(service: DraftService, entry: unknown, { spot, draft, resolvers }: ServerSpot): void {
  const server = mapOf(entry) ?? {};
  const { host, port, weight } = server;
  for (const key of Object.keys(server))
    if (!["name", "host", "port", "weight"].includes(key)) spot.left(key, "a member has an address and a weight");
  const fits = typeof weight === "number" && Number.isInteger(weight) && weight >= 0 && weight <= 10_000;
  if (weight !== undefined && !fits) spot.left(`weight ${shown(weight)}`, "a weight is 0 to 10000");
  if (typeof host !== "string") spot.left("a server without a host", "write its address");
  else draft.member(service, { host, port: portOf(port), ...(fits ? { weight } : {}) }, { place: spot.place, resolvers });
}

export function takeDefaultServers(
  service: DraftService,
  entry: Fields,
  { at, draft, discovered }: Sources & { readonly discovered: boolean },
): void {
  const servers = listOf(entry["default_servers"]);
  if (servers.length === 0) return;
  if (discovered && entry["keep_default_servers"] !== true) {
    at(["default_servers"]).left(
      "default_servers",
      "what discovery found last is kept while it finds nothing; a static source would always add these",
    );
    return;
  }
  servers.forEach((server, index) => {
    takeServer(service, server, { spot: at(["default_servers", index]), draft, resolvers: [] });
  });
}
