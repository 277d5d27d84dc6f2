// A source of type dns: what may be written, what it means, and how it is printed.

import { type Cursor, canonicalIp, durationIn, durationText, parseAddress, type ServiceName, schemaParts } from "@fairlead/shared";
import Type, { type Static } from "typebox";
import { sourceName } from "./source-name.js";

const { choice, duration, keys, service: serviceNamed, wholeNumber } = schemaParts;

/** Ten times what the largest known site has. */
const LIMITS = { resolvers: 32, names: 10_000 };

/**
 * Per resolver. 10,000 names of 5 s TTL take 2,250 a second; the rest is for retries, TCP and catching up. A small resolver
 * answers several times as many from its cache.
 */
const QUERIES_PER_SECOND = 4_000;
/** TTL 0 means "do not keep": once a second is as often as a record can change usefully for us, and no hot loop. */
const MIN_TTL = { defaultMs: 1_000, minMs: 100, maxMs: 3_600_000 };
/** A week-long TTL on a discovery name is an oversight: a change is seen within a minute all the same. */
const MAX_TTL = { defaultMs: 60_000, minMs: 1_000, maxMs: 86_400_000 };
/** RFC 8767 section 5 suggests one to three days. */
const MAX_STALE = { defaultMs: 86_400_000, minMs: 60_000, maxMs: 30 * 86_400_000 };

export const DNS_NAME_TYPES = ["A", "AAAA", "both", "SRV"] as const;

export interface DnsNameSettings {
  readonly service: ServiceName;
  /** Absolute name, with or without the final dot; search domains are never used. */
  readonly name: string;
  /** `both`: A and AAAA together. `SRV`: the records give ports, weights and priorities, their targets the addresses. */
  readonly type: (typeof DNS_NAME_TYPES)[number];
  /** Of every address; undefined for SRV, whose records carry it. */
  readonly port: number | undefined;
  /** Of hosts that have both families only this one is used; undefined uses both. */
  readonly prefer: "ipv4" | "ipv6" | undefined;
}

export interface DnsSourceSettings {
  readonly type: "dns";
  readonly name: string;
  /** `ip:port`; empty means the nameservers of /etc/resolv.conf, as they are at any time. */
  readonly resolvers: readonly string[];
  /** To each resolver, by all DNS sources together: the lowest of theirs holds. */
  readonly queriesPerSecond: number;
  readonly minTtlMs: number;
  readonly maxTtlMs: number;
  /** Age from which on what was last known is said to be older than anybody should rely on. */
  readonly maxStaleMs: number;
  readonly names: readonly DnsNameSettings[];
}

const dnsName = keys(
  {
    service: serviceNamed("Service the addresses belong to"),
    name: Type.String({
      expects: "a DNS name such as find.internal.",
      description: "Absolute, with or without the final dot; search domains are not used",
    }),
    type: Type.Optional(choice(DNS_NAME_TYPES, "What is asked for: addresses of one family, of both, or SRV records. Default A")),
    port: Type.Optional(wholeNumber(1, 65_535, "Port of every address; not with SRV, whose records carry it")),
    prefer: Type.Optional(
      choice(["ipv4", "ipv6"], "Of hosts with both families only this one is used; with type both or SRV. Default: both"),
    ),
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
        description: "ip:port of each resolver, the fastest is used; by default those of /etc/resolv.conf",
      }),
    ),
    queriesPerSecond: Type.Optional(
      wholeNumber(10, 100_000, "Most queries a second to each resolver, by all DNS sources together (the lowest holds). Default 4000"),
    ),
    minTtl: Type.Optional(duration("Records are kept at least this long, 100ms to 1h. Default 1s")),
    maxTtl: Type.Optional(duration("Records are asked for again after at most this long, 1s to 24h. Default 1m")),
    maxStale: Type.Optional(duration("Age from which on answers of before a failure are said to be too old, 1m to 720h. Default 24h")),
    names: Type.Array(dnsName, { minItems: 1, maxItems: LIMITS.names, description: "What to resolve, again at every TTL" }),
  },
  "Addresses from DNS",
);

type DnsText = Static<typeof dnsSourceSchema>;

/** Refuses what the schema cannot. */
export function readDns(text: DnsText, cursor: Cursor): DnsSourceSettings {
  const resolvers = (text.resolvers ?? []).map((resolver, index) => {
    const address = parseAddress(resolver);
    if (!address.ok)
      cursor.down("resolvers", index).refuse(`expected a resolver such as 10.0.0.2:53, got ${JSON.stringify(resolver.slice(0, 80))}`);
    return resolver;
  });
  const minTtlMs = durationOr(text.minTtl, cursor.down("minTtl"), MIN_TTL);
  const maxTtlMs = durationOr(text.maxTtl, cursor.down("maxTtl"), MAX_TTL);
  if (minTtlMs > maxTtlMs) cursor.down("minTtl").refuse(`minTtl is longer than maxTtl (${durationText(maxTtlMs)})`);
  return {
    type: "dns",
    name: text.name,
    resolvers,
    queriesPerSecond: text.queriesPerSecond ?? QUERIES_PER_SECOND,
    minTtlMs,
    maxTtlMs,
    maxStaleMs: durationOr(text.maxStale, cursor.down("maxStale"), MAX_STALE),
    names: readNames(text.names, cursor.down("names")),
  };
}

function readNames(texts: DnsText["names"], cursor: Cursor): readonly DnsNameSettings[] {
  const first = new Map<string, Cursor>();
  return texts.map((entry, index) => {
    const at = cursor.down(index);
    const { service, name, port, prefer } = entry;
    const settings = { service: service as ServiceName, name, type: entry.type ?? "A", port, prefer };
    if (!isDnsName(name)) at.down("name").refuse(dnsNameHint(name));
    checkTogether(settings, at);
    const key = [service, withoutDot(name), settings.type, port].join(" ");
    const same = first.get(key);
    if (same === undefined) first.set(key, at);
    else at.refuse(`the same as ${same.place}`);
    return settings;
  });
}

/** Keys that go, or do not go, with the type. */
function checkTogether({ type, port, prefer }: DnsNameSettings, at: Cursor): void {
  if (type === "SRV" && port !== undefined) at.down("port").refuse("SRV records carry the port of each endpoint; take this one out");
  if (type !== "SRV" && port === undefined) at.refuse(`port is missing: ${type === "both" ? "address" : type} records carry none`);
  if (prefer !== undefined && type !== "both" && type !== "SRV")
    at.down("prefer").refuse(`with type ${type} there is one family of addresses, and nothing to prefer`);
}

interface DurationRange {
  readonly defaultMs: number;
  readonly minMs: number;
  readonly maxMs: number;
}

function durationOr(text: string | undefined, cursor: Cursor, range: DurationRange): number {
  return text === undefined ? range.defaultMs : durationIn(cursor, text, range);
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
export function dnsTree(settings: DnsSourceSettings): unknown {
  const { name, type, resolvers, queriesPerSecond, minTtlMs, maxTtlMs, maxStaleMs, names } = settings;
  return {
    name,
    type,
    resolvers,
    queriesPerSecond,
    minTtl: durationText(minTtlMs),
    maxTtl: durationText(maxTtlMs),
    maxStale: durationText(maxStaleMs),
    names: names.map(({ port, prefer, ...entry }) => ({
      ...entry,
      ...(port === undefined ? {} : { port }),
      ...(prefer === undefined ? {} : { prefer }),
    })),
  };
}
