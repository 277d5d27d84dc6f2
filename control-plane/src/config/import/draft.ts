// The configuration an import builds up. It takes nothing that `--check-config` would refuse: what does not fit is found, with its place.

import {
  type BalancerPolicy,
  canonicalIp,
  endpointId,
  isPort,
  type Protocol,
  parseAddress,
  type ServiceName,
  serviceName,
  splitHostPort,
} from "@fairlead/shared";
import { excerpt, type ImportFinding, oneLine } from "./imported.js";

export type DraftCheck = { readonly type: "none" } | DraftProbe;

interface DraftProbe {
  readonly type: "tcp" | "http";
  readonly intervalMs?: number;
  readonly fastIntervalMs?: number;
  readonly timeoutMs?: number;
  readonly rise?: number;
  readonly fall?: number;
  readonly path?: string;
  readonly host?: string;
  readonly status?: string;
}

export interface DraftService {
  readonly name: ServiceName;
  readonly place: string;
  localPort?: number;
  protocol?: Protocol;
  lb?: BalancerPolicy;
  timeoutMs?: number;
  safety?: "off";
  check?: DraftCheck;
  attempts?: number;
}

export interface DraftEndpoint {
  readonly address: string;
  readonly weight?: number;
  readonly place: string;
}

export interface DraftName {
  readonly service: ServiceName;
  readonly name: string;
  readonly type: "A" | "both" | "SRV";
  readonly prefer?: "ipv4" | "ipv6";
  /** Absent with SRV, which says it. */
  readonly port?: number;
  readonly place: string;
}

export interface DraftPath {
  readonly service: ServiceName;
  readonly path: string;
  readonly format: "nerve" | "serverset";
  /** Which additional endpoint of a ServerSet member. */
  readonly endpoint?: string;
  readonly place: string;
}

/** The limits of the schema, and the ports our own listeners have by default. */
const LIMITS = { services: 10_000, endpoints: 100_000, sources: 32, names: 1_000, resolvers: 32, servers: 32, paths: 1_000 };
const OWN_PORTS = [18_000, 18_001];

export class Draft {
  readonly services = new Map<ServiceName, DraftService>();
  readonly endpoints = new Map<ServiceName, Map<string, DraftEndpoint>>();
  /** By the resolvers they are asked of; an empty key means those of the machine. */
  readonly names = new Map<string, DraftName[]>();
  /** By the servers of the ensemble. */
  readonly paths = new Map<string, DraftPath[]>();
  readonly findings: ImportFinding[] = [];
  readonly #found = new Set<string>();
  readonly #ports = new Map<number, string>();

  /** Notes what is not carried; what `defaults` say is said once, however many inherit it. */
  find(finding: ImportFinding): void {
    const clean = { ...finding, what: excerpt(finding.what), place: oneLine(finding.place) };
    const key = `${clean.place} ${clean.what} ${clean.instead}`;
    if (this.#found.has(key)) return;
    this.#found.add(key);
    this.findings.push(clean);
  }

  left(place: string, what: string, instead: string): void {
    this.find({ kind: "left-out", place, what, instead });
  }

  differs(place: string, what: string, instead: string): void {
    this.find({ kind: "differs", place, what, instead });
  }

  /** A new service; undefined when its name cannot be had. */
  service(written: string, place: string): DraftService | undefined {
    const name = serviceName(nearestName(written));
    if (!name.ok) {
      this.left(place, `service ${written}`, "its name has no letter or digit; give it another name");
      return undefined;
    }
    const same = this.services.get(name.value);
    if (same !== undefined) {
      this.left(place, `service ${written}`, `${name.value} is already the name of what is at ${same.place}; rename one of them`);
      return undefined;
    }
    if (this.services.size === LIMITS.services) {
      this.left(place, `service ${written}`, `${LIMITS.services} services are the most`);
      return undefined;
    }
    if (name.value !== written) this.differs(place, `service ${written}`, `its name is ${name.value}: service names are of a-z 0-9 . _ -`);
    const service = { name: name.value, place };
    this.services.set(name.value, service);
    return service;
  }

  localPort(service: DraftService, port: number, place: string): void {
    const holder = OWN_PORTS.includes(port) ? "Fairlead itself listens there by default" : this.#ports.get(port);
    if (!isPort(port)) this.left(place, `port ${port}`, "a local port is 1 to 65535");
    else if (service.localPort !== undefined)
      this.left(place, `port ${port}`, `${service.name} already has local port ${service.localPort}; a service has one`);
    else if (holder !== undefined) this.left(place, `port ${port}`, `${holder}; choose another localPort for ${service.name}`);
    else {
      service.localPort = port;
      this.#ports.set(port, `it is the local port of ${service.name}`);
    }
  }

  /** An IP goes to the static source, a name to DNS. */
  member(service: DraftService, written: { readonly host: string; readonly port: number; readonly weight?: number }, at: MemberSpot): void {
    const { port, weight } = written;
    const host = written.host === "localhost" ? "127.0.0.1" : written.host;
    const shown = `${written.host}:${written.port}`;
    const ip = canonicalIp(host);
    if (!isPort(port)) this.left(at.place, `server ${shown}`, "its port is not 1 to 65535");
    else if (ip === undefined) {
      if (weight !== undefined) this.differs(at.place, `weight of ${shown}`, "every address of a DNS name has the same weight");
      this.name(service, { name: host, type: at.prefer === undefined ? "A" : "both", port, ...preferOf(at) }, at);
    } else if (EVERY_ADDRESS.includes(ip))
      this.left(at.place, `server ${shown}`, "this means every address of a machine; write the one it has");
    else this.#endpoint(service, { address: endpointId({ ip, port }), ...(weight === undefined ? {} : { weight }), place: at.place });
  }

  name(service: DraftService, name: Pick<DraftName, "name" | "type" | "port" | "prefer">, at: MemberSpot): void {
    const key = (at.resolvers ?? []).join(",");
    const list = this.names.get(key) ?? [];
    const shown = name.port === undefined ? name.name : `${name.name}:${name.port}`;
    const lower = { ...name, name: name.name.toLowerCase() };
    const same = list.some((other) => other.service === service.name && sameName(other, lower));
    if (!isDnsName(lower.name)) this.left(at.place, `server ${shown}`, "this is no IP address and no DNS name");
    else if (same) this.left(at.place, `server ${shown}`, "the same name is already asked for this service");
    else if (list.length === LIMITS.names)
      this.left(at.place, `server ${shown}`, `${LIMITS.names} names are the most of one source; add another`);
    else if (this.#room(this.names, key, { place: at.place, what: `server ${shown}` }))
      this.names.set(key, [...list, { service: service.name, ...lower, place: at.place }]);
  }

  /** A znode path under the servers of an ensemble. */
  path(
    service: DraftService,
    { servers, ...path }: Pick<DraftPath, "path" | "format" | "endpoint"> & { readonly servers: readonly string[] },
    place: string,
  ): void {
    const good = servers.filter((server) => this.#fitServer(server, place)).slice(0, LIMITS.servers);
    const key = good.join(",");
    const list = this.paths.get(key) ?? [];
    const parts = path.path.split("/").slice(1);
    const fits = path.path.startsWith("/") && parts.every((part) => part !== "" && part !== "." && part !== ".." && !part.includes("*"));
    const what = `path ${path.path}`;
    if (good.length === 0) this.left(place, what, "no server of its ensemble could be carried; add a source of type zookeeper");
    else if (!fits) this.left(place, what, "this is no znode path such as /services/cart");
    else if (list.length === LIMITS.paths) this.left(place, what, `${LIMITS.paths} paths are the most of one source; add another`);
    else if (this.#room(this.paths, key, { place, what })) this.paths.set(key, [...list, { ...path, service: service.name, place }]);
  }

  /** The `ip:port` of each resolver that fits; the others are found. */
  resolvers(written: readonly string[], place: string): readonly string[] {
    const fits = [...new Set(written)].filter((resolver) => {
      const address = parseAddress(resolver);
      if (!address.ok) this.left(place, `resolver ${resolver}`, "a resolver is ip:port");
      return address.ok;
    });
    if (fits.length > LIMITS.resolvers) this.left(place, "resolvers", `the first ${LIMITS.resolvers} of ${fits.length} are taken`);
    return fits.slice(0, LIMITS.resolvers);
  }

  #endpoint(service: DraftService, endpoint: DraftEndpoint): void {
    const list = this.endpoints.get(service.name) ?? new Map<string, DraftEndpoint>();
    const same = list.get(endpoint.address);
    if (same !== undefined) this.left(endpoint.place, `server ${endpoint.address}`, `it is already listed at ${same.place}`);
    else if (list.size === LIMITS.endpoints)
      this.left(endpoint.place, `server ${endpoint.address}`, `${LIMITS.endpoints} endpoints are the most`);
    else {
      list.set(endpoint.address, endpoint);
      this.endpoints.set(service.name, list);
    }
  }

  #fitServer(server: string, place: string): boolean {
    const split = splitHostPort(server);
    const fits = split.ok && !split.value.host.includes(":") && /^[A-Za-z0-9._-]+$/.test(split.value.host);
    if (!fits) this.left(place, `ZooKeeper server ${server}`, "a server is name:port or ip:port with an IPv4 address");
    return fits;
  }

  /** One source for each set of resolvers or servers, one for the static endpoints. */
  #room(sources: ReadonlyMap<string, unknown>, key: string, { place, what }: { readonly place: string; readonly what: string }): boolean {
    const fits = sources.has(key) || this.names.size + this.paths.size + 1 < LIMITS.sources;
    if (!fits) this.left(place, what, `${LIMITS.sources} sources are the most`);
    return fits;
  }
}

export interface MemberSpot {
  readonly place: string;
  readonly resolvers?: readonly string[];
  readonly prefer?: "ipv4" | "ipv6";
}

function preferOf({ prefer }: MemberSpot): Pick<DraftName, "prefer"> {
  return prefer === undefined ? {} : { prefer };
}

const EVERY_ADDRESS = ["0.0.0.0", "::"];

function nearestName(written: string): string {
  const plain = written.toLowerCase().replace(/[^a-z0-9._-]/g, "-");
  return plain
    .replace(/^[^a-z0-9]+/, "")
    .slice(0, 253)
    .replace(/[^a-z0-9]+$/, "");
}

/** RFC 1035: labels of 63 bytes, 253 in all; underscores are in use. */
function isDnsName(name: string): boolean {
  const plain = name.replace(/\.$/, "");
  const fits = plain.split(".").every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label));
  // A last label of digits would be read as an IPv4 address by everybody else (RFC 1123, section 2.1).
  return fits && plain.length <= 253 && !/(^|\.)\d+$/.test(plain);
}

function sameName(one: Pick<DraftName, "name" | "type" | "port">, other: Pick<DraftName, "name" | "type" | "port">): boolean {
  const plain = (name: string) => name.replace(/\.$/, "");
  return plain(one.name) === plain(other.name) && one.type === other.type && one.port === other.port;
}
