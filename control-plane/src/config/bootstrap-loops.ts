// Who needs us in order to be found must not be what we need in order to start: after a loss of everything nobody would come
// up first. Everything is well while everything runs, so that it has to be said before.

import { type ConfigPath, canonicalIp, formatListen, formatPath, splitHostPort } from "@fairlead/shared";
import type { Settings, SourceSettings } from "./settings.js";

export interface BootstrapFinding {
  /** `loop`: a seed of ours needs what we serve ourselves. `name`: it needs DNS, which may not be there at a start. */
  readonly kind: "loop" | "name";
  /** The seed: a setting of ours. */
  readonly path: ConfigPath;
  readonly what: string;
  readonly why: string;
  readonly instead: string;
}

/** What is doubtful about where we begin. */
export function bootstrapLoops(settings: Settings): readonly BootstrapFinding[] {
  const served = whatWeServe(settings);
  const own = (["xds", "admin"] as const).flatMap((key) => loopOf([key, "listen"], formatListen(settings[key].listen), served));
  return [...own, ...settings.sources.flatMap((source, index) => seedsOf(source, ["sources", index], served))];
}

/** One line for a person. */
export function formatBootstrapFinding({ path, what, why, instead }: BootstrapFinding, place = ""): string {
  return [place, formatPath(path), `${what}: ${why}; ${instead}`].filter((part) => part !== "").join(": ");
}

interface Served {
  /** Service by the local port its callers have. */
  readonly localPorts: ReadonlyMap<number, string>;
  /** Service by the address of a written endpoint. */
  readonly endpoints: ReadonlyMap<string, string>;
  /** Service by the DNS name its endpoints come from. */
  readonly names: ReadonlyMap<string, string>;
}

function whatWeServe({ sources, services }: Settings): Served {
  const localPorts = [...services].flatMap(([name, { localPort }]) => (localPort === undefined ? [] : [[localPort, name] as const]));
  const endpoints = sources.flatMap((source) =>
    source.type === "static" ? [...source.services].flatMap(([name, list]) => list.map(({ address }) => [address, name] as const)) : [],
  );
  const names = sources.flatMap((source) =>
    source.type === "dns" ? source.names.map(({ name, service }) => [plainName(name), service as string] as const) : [],
  );
  return { localPorts: new Map(localPorts), endpoints: new Map(endpoints), names: new Map(names) };
}

function seedsOf(source: SourceSettings, path: ConfigPath, served: Served): readonly BootstrapFinding[] {
  switch (source.type) {
    case "static":
    case "file":
      return [];
    case "dns":
      return source.resolvers.flatMap((resolver, index) => loopOf([...path, "resolvers", index], resolver, served));
    case "zookeeper": {
      const loops = source.servers.flatMap((server, index) => loopOf([...path, "servers", index], server, served));
      return [...loops, ...namesOf(source.servers, [...path, "servers"])];
    }
  }
}

const LOOPBACK: ReadonlySet<string> = new Set(["127.0.0.1", "::1", "localhost"]);

/** Whether `address` is reached through what we serve. */
function loopOf(path: ConfigPath, address: string, { localPorts, endpoints, names }: Served): readonly BootstrapFinding[] {
  const split = splitHostPort(address);
  if (!split.ok) return [];
  const { host, port } = split.value;
  const caller = LOOPBACK.has(host) ? localPorts.get(port) : undefined;
  if (caller !== undefined) {
    const why = "the proxy that listens there learns its endpoints from this control plane";
    return [
      { kind: "loop", path, what: `${address} is the local port of service ${caller}`, why, instead: "give the server's own address" },
    ];
  }
  const listed = endpoints.get(address);
  if (listed !== undefined) {
    const why = "who goes there through a proxy needs this control plane, and it needs the server";
    const instead = "see that nothing this control plane starts with goes through the proxy, and take the service out if nobody calls it";
    return [{ kind: "loop", path, what: `${address} is also an endpoint of service ${listed}, which is served from here`, why, instead }];
  }
  const resolved = names.get(plainName(host));
  if (resolved === undefined) return [];
  const why = "it is served from here, and needed in order to serve";
  return [
    {
      kind: "loop",
      path,
      what: `${host} is also the name whose addresses are service ${resolved}`,
      why,
      instead: "give IP addresses here",
    },
  ];
}

/** Servers that are all names; one address among them is enough to begin. */
function namesOf(servers: readonly string[], path: ConfigPath): readonly BootstrapFinding[] {
  const hosts = servers.map((server) => server.replace(/:\d+$/, ""));
  if (hosts.some((host) => canonicalIp(host.replace(/^\[|\]$/g, "")) !== undefined || host === "localhost")) return [];
  const what = `${hosts.slice(0, 3).join(", ")}${hosts.length > 3 ? `, and ${hosts.length - 3} more,` : ""} ${hosts.length > 1 ? "are names" : "is a name"}`;
  const why = "while DNS does not answer, a restarted control plane does not find them";
  return [{ kind: "name", path, what, why, instead: "give the IP address of one server at least" }];
}

function plainName(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}
