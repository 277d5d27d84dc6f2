import { type Cursor, canonicalIp, durationIn, parseAddress, type ServiceName, serviceName, splitHostPort } from "@fairlead/shared";
import { readEndpoint } from "./read-endpoints.js";
import type { SourceText } from "./schema.js";
import type {
  DnsSourceSettings,
  SourceSettings,
  StaticEndpointSettings,
  StaticSourceSettings,
  ZooKeeperSourceSettings,
} from "./settings.js";

/** ZooKeeper's own bounds are 2 and 20 ticks, with ticks of 50 ms to some 15 s. */
const SESSION_TIMEOUT = { minMs: 1_000, maxMs: 300_000 };
const SESSION_TIMEOUT_MS = 30_000;

/** The list of sources, in their order. */
export function readSources(texts: readonly SourceText[], cursor: Cursor, resolve: (path: string) => string): readonly SourceSettings[] {
  const first = new Map<string, Cursor>();
  return texts.map((text, index) => {
    const at = cursor.down(index);
    const same = first.get(text.name);
    if (same === undefined) first.set(text.name, at);
    else at.down("name").refuse(`"${text.name}" is already the name of the source at ${same.place}`);
    return readSource(text, at, resolve);
  });
}

function readSource(text: SourceText, cursor: Cursor, resolve: (path: string) => string): SourceSettings {
  switch (text.type) {
    case "static":
      return readStatic(text, cursor);
    case "file":
      return { type: "file", name: text.name, path: resolve(text.path) };
    case "zookeeper":
      return readZooKeeper(text, cursor);
    case "dns":
      return readDns(text, cursor);
  }
}

type TextOf<Type extends SourceText["type"]> = Extract<SourceText, { readonly type: Type }>;

function readStatic(text: TextOf<"static">, cursor: Cursor): StaticSourceSettings {
  const services = new Map<ServiceName, readonly StaticEndpointSettings[]>();
  for (const [name, endpoints] of Object.entries(text.services)) {
    const first = new Map<string, Cursor>();
    const read = endpoints.flatMap((endpoint, index) => {
      const at = cursor.down("services", name, index);
      const settings = readEndpoint(endpoint, at.place);
      if (!settings.ok) at.down("address").refuse(settings.error);
      else if (first.has(settings.value.address))
        at.refuse(`${settings.value.address} is already listed at ${first.get(settings.value.address)?.place}`);
      else first.set(settings.value.address, at);
      return settings.ok ? [settings.value] : [];
    });
    services.set(name as ServiceName, read);
  }
  return { type: "static", name: text.name, services };
}

function readZooKeeper(text: TextOf<"zookeeper">, cursor: Cursor): ZooKeeperSourceSettings {
  text.servers.forEach((server, index) => {
    const split = splitHostPort(server);
    if (!split.ok) cursor.down("servers", index).refuse(split.error);
    // The client library splits host and port at the first colon.
    else if (split.value.host.includes(":"))
      cursor.down("servers", index).refuse("IPv6 servers cannot be reached; give a name or an IPv4 address");
  });
  const paths = text.paths.map((path, index) => {
    const at = cursor.down("paths", index);
    checkZnodePath(path.path, at.down("path"));
    checkTemplate(path, at.down("service"));
    if (path.port !== undefined && path.format !== "curator") at.down("port").refuse("only members of format curator have two ports");
    return { path: path.path, service: path.service, format: path.format, port: path.port ?? "main" };
  });
  const { sessionTimeout } = text;
  const sessionTimeoutMs =
    sessionTimeout === undefined ? SESSION_TIMEOUT_MS : durationIn(cursor.down("sessionTimeout"), sessionTimeout, SESSION_TIMEOUT);
  return { type: "zookeeper", name: text.name, servers: text.servers, sessionTimeoutMs, paths };
}

/** ZooKeeper's rules for paths, and ours for `*`. */
function checkZnodePath(path: string, cursor: Cursor): void {
  const shown = JSON.stringify(path.slice(0, 200));
  const [before, ...parts] = path.split("/");
  if (before !== "" || parts.some((part) => part === "" || part === "." || part === "..")) {
    cursor.refuse(`expected a znode path such as /members/cart, got ${shown}`);
  } else if (parts.some((part) => part !== "*" && part.includes("*"))) {
    cursor.refuse(`a * stands for a whole part of the path, as in /services/*, got ${shown}`);
  } else if (parts.filter((part) => part === "*").length > 1) {
    cursor.refuse(`one part of a path may be *, got ${shown}`);
  }
}

const FIRST = "{1}";

function checkTemplate({ path, service }: { readonly path: string; readonly service: string }, cursor: Cursor): void {
  if (service.includes(FIRST) && !path.includes("*")) {
    cursor.refuse(`{1} stands for what * matched, and ${JSON.stringify(path.slice(0, 200))} has no *`);
    return;
  }
  const name = serviceName(service.replaceAll(FIRST, "a"));
  if (!name.ok) cursor.refuse(`expected a service name, with {1} for what * matched, got ${JSON.stringify(service.slice(0, 80))}`);
}

function readDns(text: TextOf<"dns">, cursor: Cursor): DnsSourceSettings {
  const resolvers = (text.resolvers ?? []).map((resolver, index) => {
    const address = parseAddress(resolver);
    if (!address.ok)
      cursor.down("resolvers", index).refuse(`expected a resolver such as 10.0.0.2:53, got ${JSON.stringify(resolver.slice(0, 80))}`);
    return resolver;
  });
  const first = new Map<string, Cursor>();
  const names = text.names.map((entry, index) => {
    const at = cursor.down("names", index);
    const settings = { service: entry.service as ServiceName, name: entry.name, type: entry.type ?? "A", port: entry.port } as const;
    if (!isDnsName(entry.name)) at.down("name").refuse(dnsNameHint(entry.name));
    const key = [entry.service, withoutDot(entry.name), settings.type, entry.port].join(" ");
    const same = first.get(key);
    if (same === undefined) first.set(key, at);
    else at.refuse(`the same as ${same.place}`);
    return settings;
  });
  return { type: "dns", name: text.name, resolvers, names };
}

/** RFC 1035: labels of 63 bytes, 253 in all; underscores are in use. */
function isDnsName(name: string): boolean {
  const labels = withoutDot(name).split(".");
  const fits = labels.every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label));
  return fits && withoutDot(name).length <= 253 && canonicalIp(name) === undefined;
}

function dnsNameHint(name: string): string {
  const shown = JSON.stringify(name.slice(0, 80));
  if (canonicalIp(name) !== undefined) return `expected a DNS name, got ${shown}; addresses belong in a static source`;
  return `expected a DNS name such as find.internal., got ${shown}`;
}

function withoutDot(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}
