// Where a kind of client gets less than is configured: for people to see (GET /v1/services/{name}, `rendering`).

import { isHashing, type LbPolicy, type ServiceSettings } from "../config/index.js";
import { CLIENT_KINDS, CLIENT_TRAITS, type ClientKind, limitsConnections } from "./client-kind.js";
import { nearestPolicy } from "./nearest-policy.js";

export interface Compromise {
  /** Kind of client, in words. */
  readonly client: string;
  /** Key of the configuration. */
  readonly setting: string;
  readonly wanted: string;
  readonly given: string;
  readonly because: string;
}

/** Every client that gets less than `settings` say, and what it gets. Empty where each gets all of it. */
export function compromisesOf(settings: ServiceSettings): readonly Compromise[] {
  return CLIENT_KINDS.flatMap((kind) => {
    const { label } = CLIENT_TRAITS[kind];
    const nothing = nothingOf(settings, kind);
    if (nothing !== undefined) return [{ client: label, ...nothing }];
    return [
      policyOf(settings, kind),
      hashOnOf(settings, kind),
      slowStartOf(settings, kind),
      ...outlierOf(settings, kind),
      maxConnectionsOf(settings, kind),
      hedgeOf(settings, kind),
    ].flatMap((found) => (found === undefined ? [] : [{ client: label, ...found }]));
  });
}

type Found = Omit<Compromise, "client"> | undefined;

function nothingOf({ protocol }: ServiceSettings, kind: ClientKind): Found {
  const { label, honours } = CLIENT_TRAITS[kind];
  if (protocol !== "tcp" || honours.tcp) return undefined;
  return { setting: "protocol", wanted: "tcp", given: "nothing of the service", because: `${label} makes calls, not connections` };
}

function policyOf({ lb }: ServiceSettings, kind: ClientKind): Found {
  const given = nearestPolicy(lb.policy, kind);
  return given === lb.policy ? undefined : { setting: "lb.policy", wanted: lb.policy, given, because: whyNot(lb.policy, kind) };
}

function whyNot(policy: LbPolicy, kind: ClientKind): string {
  const { label } = CLIENT_TRAITS[kind];
  if (kind === "other") return "round-robin is what every client takes, and this one says nothing we know of itself";
  if (kind === "grpc-c-core" && isHashing(policy)) return "no C-core takes maglev, and with ring-hash the calls of some versions hang";
  if (policy === "least-request" && (kind === "grpc-go" || kind === "grpc-java")) return `${label} refuses it in versions that are in use`;
  return policy === "peak-ewma" ? "only our sidecars are sure to have it" : `${label} refuses a Cluster with ${policy}`;
}

function hashOnOf({ lb: { policy, hashOn }, protocol }: ServiceSettings, kind: ClientKind): Found {
  const { label, isGrpc } = CLIENT_TRAITS[kind];
  if (hashOn === undefined || "header" in hashOn || !isHashing(nearestPolicy(policy, kind))) return undefined;
  const wanted = "cookie" in hashOn ? `cookie ${hashOn.cookie}` : "source address";
  const found = { setting: "lb.hashOn", wanted, given: "any endpoint" };
  if (isGrpc) return { ...found, because: `${label} hashes on headers only (gRFC A42)` };
  const isUntold = kind === "envoy" && protocol === "tcp";
  return isUntold ? { ...found, because: "this version does not tell Envoy's tcp_proxy what to hash on" } : undefined;
}

function slowStartOf({ lb, slowStartMs }: ServiceSettings, kind: ClientKind): Found {
  if (slowStartMs === undefined) return undefined;
  const found = { setting: "slowStart", wanted: `${slowStartMs}ms`, given: "none: a new endpoint has its whole share at once" };
  const { label, honours } = CLIENT_TRAITS[kind];
  if (!honours.slowStart) return { ...found, because: `${label} has no slow start` };
  return hasSlowStart(lb.policy) ? undefined : { ...found, because: `${lb.policy} has no slow start at ${label}` };
}

/** Envoy's slow start is of round robin and least request only. */
export function hasSlowStart(policy: LbPolicy): boolean {
  return policy === "round-robin" || policy === "least-request";
}

function outlierOf({ outlier }: ServiceSettings, kind: ClientKind): Found[] {
  if (outlier === undefined) return [];
  const { label, honours, isGrpc } = CLIENT_TRAITS[kind];
  if (!honours.outlier) {
    const because = kind === "fairlead" ? "this version of the sidecar ejects by its own rules" : "not every client takes it";
    return [{ setting: "outlier", wanted: Object.keys(outlier).join(", "), given: "none of it", because }];
  }
  if (!isGrpc || outlier.consecutive5xx === undefined || outlier.consecutive5xx === 0) return [];
  const because = `${label} has no such detector (gRFC A50)`;
  return [{ setting: "outlier.consecutive5xx", wanted: String(outlier.consecutive5xx), given: "none", because }];
}

function maxConnectionsOf({ limits, protocol }: ServiceSettings, kind: ClientKind): Found {
  const { label } = CLIENT_TRAITS[kind];
  if (limits?.maxConnections === undefined || limitsConnections(kind, protocol)) return undefined;
  const because = `${label} does not limit connections`;
  return { setting: "limits.maxConnections", wanted: String(limits.maxConnections), given: "none", because };
}

function hedgeOf(settings: ServiceSettings, kind: ClientKind): Found {
  const because = whyNoHedge(settings, kind);
  if (settings.hedgePercent === undefined || because === undefined) return undefined;
  return { setting: "hedge", wanted: `${settings.hedgePercent} %`, given: "none: each request has one endpoint at a time", because };
}

/** Why a client is not told to hedge; undefined where it is. */
export function whyNoHedge({ lb, retries }: ServiceSettings, kind: ClientKind): string | undefined {
  const { label, honours } = CLIENT_TRAITS[kind];
  if (!honours.hedge) return `${label} does not hedge after a time`;
  if (isHashing(lb.policy)) return `${lb.policy} keeps a key at one endpoint`;
  return retries.attempts === 0 ? "retries.attempts is 0, and a hedge is one of these tries" : undefined;
}
