// How callers are told to choose among a service's endpoints, and where they stop: schema, reading and printing together.

import { BALANCER_POLICIES, type Cursor, durationIn, durationText, type Protocol, schemaParts } from "@fairlead/shared";
import Type, { type Static } from "typebox";

const { choice, duration, keys, shortOrMap, wholeNumber } = schemaParts;

/** Those that pick by load or by turns, then those that keep a caller's key at one endpoint. */
export const LB_POLICIES = [...BALANCER_POLICIES, "random", "peak-ewma", "ring-hash", "maglev"] as const;
/** Which endpoint gets the next request. Not every kind of client knows every policy: it then gets the nearest it takes. */
export type LbPolicy = (typeof LB_POLICIES)[number];

export interface LbSettings {
  readonly policy: LbPolicy;
  /** Only of policies that hash, which need it. */
  readonly hashOn?: HashOn;
  /** Of those too: an endpoint has at most this percentage of its share of what is under way; the rest of its keys go elsewhere. */
  readonly balancePercent?: number;
}

/** What the key of a request is. A cookie with a time to live, 0 for as long as the caller remembers it, is made where the caller has none. */
export type HashOn = { readonly header: string } | { readonly cookie: string; readonly ttlMs?: number } | { readonly sourceAddress: true };

/** Ejection by the caller; names are Envoy's and gRPC's (gRFC A50). What is absent is the client's own default. */
export interface OutlierSettings {
  readonly intervalMs?: number;
  readonly baseEjectionTimeMs?: number;
  readonly maxEjectionPercent?: number;
  /** Failures in a row; 0 switches this detector off. gRPC clients have none, our sidecars no other. */
  readonly consecutive5xx?: number;
  /** Share of failed requests, in percent, compared with nobody. */
  readonly failurePercentageThreshold?: number;
}

/** Circuit breaker thresholds, of each client by itself. */
export interface LimitSettings {
  readonly maxRequests?: number;
  readonly maxConnections?: number;
}

export interface CallingSettings {
  readonly lb: LbSettings;
  /** How long a new endpoint's share grows before it is full. */
  readonly slowStartMs?: number;
  readonly outlier?: OutlierSettings;
  readonly limits?: LimitSettings;
  /** Each client is told of this many endpoints only, where there are more. */
  readonly subset?: { readonly size: number };
  /** At most this share of requests, in percent, is asked of a second endpoint while the first is slow. */
  readonly hedgePercent?: number;
}

const policy = choice(LB_POLICIES, "Which endpoint gets the next request");
const TOKEN = "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$";
const hashOn = keys(
  {
    header: Type.Optional(
      Type.String({ pattern: TOKEN, expects: "a header name such as x-user", description: "The header whose value decides" }),
    ),
    cookie: Type.Optional(
      Type.String({ pattern: TOKEN, expects: "a cookie name such as seat", description: "The cookie whose value decides" }),
    ),
    ttl: Type.Optional(
      duration("With cookie: it is made where the caller has none, to live so long; 0s is for as long as the caller remembers it"),
    ),
    sourceAddress: Type.Optional(Type.Literal(true, { expects: "true", description: "The caller's address decides" })),
  },
  "What ring-hash and maglev hash on: one of header, cookie and sourceAddress",
);
const lbMap = keys(
  {
    policy,
    hashOn: Type.Optional(hashOn),
    boundedLoad: Type.Optional(
      wholeNumber(100, 10_000, "Percentage of its share of requests under way that an endpoint has at most; ring-hash and maglev only"),
    ),
  },
  "Load balancing",
);

const outlier = keys(
  {
    interval: Type.Optional(duration("Time between looks at the figures, 100ms to 1h")),
    baseEjectionTime: Type.Optional(duration("How long the first ejection lasts, 100ms to 5m; later ones last longer")),
    maxEjectionPercent: Type.Optional(wholeNumber(0, 100, "At most this share of the endpoints is ejected")),
    consecutive5xx: Type.Optional(wholeNumber(0, 1_000, "Failures in a row that eject, 0 for never; Envoy and our sidecars only")),
    failurePercentageThreshold: Type.Optional(wholeNumber(1, 100, "Share of failed requests that ejects")),
  },
  "Names are Envoy's and gRPC's; what is left out is the client's own default",
);

/** Keys of a service and of `defaults`. */
export const callingKeys = {
  lb: Type.Optional(shortOrMap(policy, lbMap, "Load balancing. Default least-request")),
  slowStart: Type.Optional(
    duration("How long a new endpoint's share grows until it is full, up to 1h; 0s ends an inherited one. Envoy and our sidecars only"),
  ),
  outlier: Type.Optional(
    shortOrMap(
      choice(["none"], "Ends what is inherited"),
      outlier,
      "When callers eject an endpoint by themselves. Default: Envoy never, others by their own rules",
    ),
  ),
  limits: Type.Optional(
    keys(
      {
        maxRequests: Type.Optional(wholeNumber(1, 1_000_000, "Requests in flight of one client. Default: the client's own, 1024")),
        maxConnections: Type.Optional(
          wholeNumber(1, 1_000_000, "Connections of one client; Envoy, and our sidecars for tcp services. Default: the client's own, 1024"),
        ),
      },
      "Where a client stops: circuit breaker thresholds",
    ),
  ),
  subset: Type.Optional(
    shortOrMap(
      choice(["none"], "Ends what is inherited"),
      keys({ size: wholeNumber(1, 10_000, "Endpoints that a client is told of, of each priority") }, "Deterministic subsetting"),
      "Tells each client of some of the endpoints only, the same ones for the same node id. Default: none",
    ),
  ),
  hedge: Type.Optional(
    wholeNumber(
      0,
      50,
      "At most this percentage of requests is asked of a second endpoint too, when the first takes longer than 95 % of them; 0 for none. Default 0. Our sidecars only",
    ),
  ),
};

type CallingText = { readonly [K in keyof typeof callingKeys]?: Static<(typeof callingKeys)[K]> };

/** Browsers keep no cookie longer than 400 days. */
const COOKIE = { minMs: 0, maxMs: 400 * 24 * 3_600_000 };
const SLOW_START = { minMs: 0, maxMs: 3_600_000 };
const INTERVAL = { minMs: 100, maxMs: 3_600_000 };
/** Envoy's default max_ejection_time; a longer first ejection it refuses. */
const EJECTION = { minMs: 100, maxMs: 300_000 };

/** A service's own words over what it inherits. */
export function readCalling(
  text: CallingText,
  { under, cursor, protocol }: { readonly under: CallingSettings; readonly cursor: Cursor; readonly protocol: Protocol },
): CallingSettings {
  const lb = text.lb === undefined ? under.lb : readLb(text.lb, cursor.down("lb"));
  if (lb.hashOn !== undefined && !("sourceAddress" in lb.hashOn) && protocol === "tcp") {
    const at = text.lb === undefined ? cursor.down("protocol") : cursor.down("lb");
    at.refuse(
      `${lb.policy} hashes on a part of a request, and a tcp service has none: expected hashOn: { sourceAddress: true }, ${BALANCER_POLICIES.join(", ")} or random`,
    );
  }
  const slowStartMs =
    text.slowStart === undefined ? (under.slowStartMs ?? 0) : durationIn(cursor.down("slowStart"), text.slowStart, SLOW_START);
  const ejection = text.outlier === "none" ? undefined : withOwn(under.outlier, readOutlier(text.outlier ?? {}, cursor.down("outlier")));
  const limits = withOwn(under.limits, text.limits ?? {});
  const subset = text.subset === "none" ? undefined : (text.subset ?? under.subset);
  const hedgePercent = readHedge(text.hedge, { under, cursor, protocol });
  return {
    lb,
    ...(slowStartMs === 0 ? {} : { slowStartMs }),
    ...(ejection === undefined ? {} : { outlier: ejection }),
    ...(limits === undefined ? {} : { limits }),
    ...(subset === undefined ? {} : { subset }),
    ...(hedgePercent === 0 ? {} : { hedgePercent }),
  };
}

/** What a tcp service inherits is nothing to it; what it says itself is a mistake. */
function readHedge(
  text: number | undefined,
  { under, cursor, protocol }: { readonly under: CallingSettings; readonly cursor: Cursor; readonly protocol: Protocol },
): number {
  if (protocol !== "tcp") return text ?? under.hedgePercent ?? 0;
  if (text !== undefined && text > 0) cursor.down("hedge").refuse("a tcp service has connections, and no requests to hedge: expected 0");
  return 0;
}

function readLb(text: NonNullable<CallingText["lb"]>, cursor: Cursor): LbSettings {
  const { policy: name, hashOn: on, boundedLoad } = typeof text === "string" ? { policy: text } : text;
  const hashes = isHashing(name);
  if (hashes && on === undefined) cursor.refuse(`${name} needs hashOn, such as lb: { policy: ${name}, hashOn: { header: x-user } }`);
  if (!hashes && on !== undefined) cursor.down("hashOn").refuse(`${name} does not hash: hashOn goes with ring-hash and maglev`);
  if (!hashes && boundedLoad !== undefined) cursor.down("boundedLoad").refuse(`${name} does not hash: it bounds loads by itself`);
  if (!hashes || on === undefined) return { policy: name };
  return {
    policy: name,
    hashOn: readHashOn(on, cursor.down("hashOn")),
    ...(boundedLoad === undefined ? {} : { balancePercent: boundedLoad }),
  };
}

function readHashOn(text: Static<typeof hashOn>, cursor: Cursor): HashOn {
  const { header, cookie, ttl, sourceAddress } = text;
  const given = [header, cookie, sourceAddress].filter((one) => one !== undefined);
  if (given.length !== 1) cursor.refuse("expected exactly one of header, cookie and sourceAddress");
  if (ttl !== undefined && cookie === undefined) cursor.down("ttl").refuse("a ttl goes with cookie");
  if (sourceAddress !== undefined) return { sourceAddress };
  if (cookie === undefined) return { header: (header ?? "").toLowerCase() };
  return { cookie, ...(ttl === undefined ? {} : { ttlMs: durationIn(cursor.down("ttl"), ttl, COOKIE) }) };
}

/** Whether the policy keeps a key at one endpoint. */
export function isHashing(name: LbPolicy): boolean {
  return name === "ring-hash" || name === "maglev";
}

function readOutlier(text: Exclude<NonNullable<CallingText["outlier"]>, "none">, cursor: Cursor): OutlierSettings {
  const { interval, baseEjectionTime, ...counts } = text;
  return {
    ...(interval === undefined ? {} : { intervalMs: durationIn(cursor.down("interval"), interval, INTERVAL) }),
    ...(baseEjectionTime === undefined
      ? {}
      : { baseEjectionTimeMs: durationIn(cursor.down("baseEjectionTime"), baseEjectionTime, EJECTION) }),
    ...counts,
  };
}

/** Undefined when there is nothing in either. */
function withOwn<T extends object>(inherited: T | undefined, own: T): T | undefined {
  const all = { ...inherited, ...own };
  return Object.keys(all).length === 0 ? undefined : all;
}

/** As the configuration would say it. */
export function callingTree({ lb, slowStartMs, outlier: ejection, limits, subset, hedgePercent }: CallingSettings) {
  return {
    lb: lbTree(lb),
    ...(slowStartMs === undefined ? {} : { slowStart: durationText(slowStartMs) }),
    ...(ejection === undefined ? {} : { outlier: outlierTree(ejection) }),
    ...(limits === undefined ? {} : { limits }),
    ...(subset === undefined ? {} : { subset }),
    ...(hedgePercent === undefined ? {} : { hedge: hedgePercent }),
  };
}

function lbTree({ policy: name, hashOn: on, balancePercent }: LbSettings) {
  const { ttlMs, ...key } = on !== undefined && "cookie" in on ? on : { ...on, ttlMs: undefined };
  return {
    policy: name,
    ...(on === undefined ? {} : { hashOn: { ...key, ...(ttlMs === undefined ? {} : { ttl: durationText(ttlMs) }) } }),
    ...(balancePercent === undefined ? {} : { boundedLoad: balancePercent }),
  };
}

function outlierTree({ intervalMs, baseEjectionTimeMs, ...counts }: OutlierSettings) {
  return {
    ...(intervalMs === undefined ? {} : { interval: durationText(intervalMs) }),
    ...(baseEjectionTimeMs === undefined ? {} : { baseEjectionTime: durationText(baseEjectionTimeMs) }),
    ...counts,
  };
}
