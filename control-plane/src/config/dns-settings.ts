// A source of type dns: what may be written, what it means, and how it is printed.

import { type Cursor, canonicalIp, parseAddress, type ServiceName, schemaParts } from "@fairlead/shared";
import Type, { type Static } from "typebox";
import { sourceName } from "./source-name.js";

const { choice, keys, service: serviceNamed, wholeNumber } = schemaParts;

/** Ten times what the largest known site has. */
const LIMITS = { resolvers: 32, names: 1_000 };

export interface DnsNameSettings {
  readonly service: ServiceName;
  /** Absolute name, with or without the final dot; search domains are never used. */
  readonly name: string;
  readonly type: "A" | "AAAA";
  readonly port: number;
}

export interface DnsSourceSettings {
  readonly type: "dns";
  readonly name: string;
  /** `ip:port`; empty means the nameservers of /etc/resolv.conf. */
  readonly resolvers: readonly string[];
  readonly names: readonly DnsNameSettings[];
}

const dnsName = keys(
  {
    service: serviceNamed("Service the addresses belong to"),
    name: Type.String({
      expects: "a DNS name such as find.internal.",
      description: "Absolute, with or without the final dot; search domains are not used",
    }),
    type: Type.Optional(choice(["A", "AAAA"], "Which addresses are asked for. Default A")),
    port: wholeNumber(1, 65_535, "Port of every address"),
  },
  "A name whose addresses are the endpoints",
);

export const dnsSourceSchema = keys(
  {
    name: sourceName,
    type: Type.Literal("dns"),
    resolvers: Type.Optional(
      Type.Array(Type.String({ expects: "a resolver such as 10.0.0.2:53" }), {
        maxItems: LIMITS.resolvers,
        description: "ip:port of each resolver; by default those of /etc/resolv.conf",
      }),
    ),
    names: Type.Array(dnsName, { minItems: 1, maxItems: LIMITS.names, description: "What to resolve, again at every TTL" }),
  },
  "Addresses from DNS",
);

/** Refuses what the schema cannot. */
export function readDns(text: Static<typeof dnsSourceSchema>, cursor: Cursor): DnsSourceSettings {
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

/** The source in the file's own shape. */
export function dnsTree({ name, type, resolvers, names }: DnsSourceSettings): unknown {
  return { name, type, resolvers, names };
}
