import { durationFromMs, type Messages, packAny, structFrom } from "@fairlead/proto";
import { FAIRLEAD_METADATA } from "@fairlead/shared";
import { isHashing, type LbPolicy, type OutlierSettings } from "../config/index.js";
import type { ServiceSnapshot } from "../snapshot/index.js";
import { CLIENT_TRAITS, type ClientKind, limitsConnections } from "./client-kind.js";
import { hasSlowStart } from "./compromise.js";
import { configSource, type OwnStreams } from "./config-source.js";
import { nearestPolicy, PEAK_EWMA_TYPE } from "./nearest-policy.js";

type ClusterInput = Messages["envoy.config.cluster.v3.Cluster"]["input"];
type Settings = ServiceSnapshot["settings"];

/** A host in the same network answers within a few ms; 1 s covers one lost SYN. */
const CONNECT_TIMEOUT_MS = 1_000;

/** Type EDS, over the same stream where the client has one. Policies, thresholds and outlier settings are what this kind of client takes of them. */
export function cluster({ name, settings }: ServiceSnapshot, kind: ClientKind, own?: OwnStreams): ClusterInput {
  const { isGrpc } = CLIENT_TRAITS[kind];
  return {
    name,
    type: "EDS",
    eds_cluster_config: { eds_config: configSource(own) },
    connect_timeout: durationFromMs(CONNECT_TIMEOUT_MS),
    ...balancing(settings, kind),
    ...thresholds(settings, kind),
    ...(settings.outlier !== undefined && CLIENT_TRAITS[kind].honours.outlier ? { outlier_detection: outlier(settings.outlier) } : {}),
    // gRPC reports its load where the cluster says so; Envoy and our sidecars are told by their own configuration.
    ...(isGrpc
      ? { lrs_server: { self: {} } }
      : { metadata: { filter_metadata: { [FAIRLEAD_METADATA]: structFrom({ protocol: settings.protocol }) } } }),
  };
}

const BY_FIELD = {
  "round-robin": "ROUND_ROBIN",
  "least-request": "LEAST_REQUEST",
  random: "RANDOM",
  // Has no name there: the extension says it.
  "peak-ewma": "LEAST_REQUEST",
  "ring-hash": "RING_HASH",
  maglev: "MAGLEV",
} as const satisfies Record<LbPolicy, ClusterInput["lb_policy"]>;

type Balancing = Pick<ClusterInput, "lb_policy" | "load_balancing_policy" | "common_lb_config">;

/**
 * `lb_policy` names the policy everywhere. The extension goes before it (cluster.proto) and is for Envoy and our sidecars, where
 * there is something to say that the field cannot: gRPC would have to be told the weights of localities in it again.
 */
function balancing({ lb, slowStartMs }: Settings, kind: ClientKind): Balancing {
  const policy = nearestPolicy(lb.policy, kind);
  const bounded = lb.balancePercent !== undefined && isHashing(policy) && !CLIENT_TRAITS[kind].isGrpc;
  const lbPolicy = {
    lb_policy: BY_FIELD[policy],
    ...(bounded ? { common_lb_config: { consistent_hashing_lb_config: { hash_balance_factor: { value: lb.balancePercent } } } } : {}),
  };
  if (policy === "peak-ewma") return { ...lbPolicy, load_balancing_policy: PEAK_EWMA };
  if (slowStartMs === undefined || !CLIENT_TRAITS[kind].honours.slowStart || !hasSlowStart(policy)) return lbPolicy;
  const settings = { slow_start_config: { slow_start_window: durationFromMs(slowStartMs) } };
  const extension =
    policy === "least-request"
      ? { name: "envoy.load_balancing_policies.least_request", typed_config: packAny(LEAST_REQUEST, settings) }
      : { name: "envoy.load_balancing_policies.round_robin", typed_config: packAny(ROUND_ROBIN, settings) };
  return { ...lbPolicy, load_balancing_policy: { policies: [{ typed_extension_config: extension }] } };
}

/** Of Envoy's contrib, without settings; whoever does not know it takes the second. */
const PEAK_EWMA: NonNullable<ClusterInput["load_balancing_policy"]> = {
  policies: [
    {
      typed_extension_config: {
        name: "envoy.load_balancing_policies.peak_ewma",
        typed_config: { type_url: PEAK_EWMA_TYPE, value: Buffer.of() },
      },
    },
    {
      typed_extension_config: {
        name: "envoy.load_balancing_policies.least_request",
        typed_config: packAny("envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest", {}),
      },
    },
  ],
};

const LEAST_REQUEST = "envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest";
const ROUND_ROBIN = "envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin";

/** gRPC honours max_requests alone (gRFC A32). */
function thresholds({ retries, limits, protocol }: Settings, kind: ClientKind): Pick<ClusterInput, "circuit_breakers"> {
  const { isGrpc } = CLIENT_TRAITS[kind];
  const of = {
    ...(limits?.maxConnections === undefined || !limitsConnections(kind, protocol)
      ? {}
      : { max_connections: { value: limits.maxConnections } }),
    ...(limits?.maxRequests === undefined ? {} : { max_requests: { value: limits.maxRequests } }),
    ...(isGrpc ? {} : { retry_budget: { budget_percent: { value: retries.budgetPercent } } }),
  };
  return Object.keys(of).length === 0 ? {} : { circuit_breakers: { thresholds: [of] } };
}

/**
 * The defaults of outlier_detection.proto and gRFC A50, said out loud: grpc-js-xds (1.14) takes what is left out for a number, compares
 * with it, and ends its process at the first interval (Reduce of empty array in load-balancer-outlier-detection).
 */
const OUTLIER_DEFAULTS = {
  enforcing_success_rate: { value: 100 },
  success_rate_minimum_hosts: { value: 5 },
  success_rate_request_volume: { value: 100 },
  success_rate_stdev_factor: { value: 1_900 },
  failure_percentage_minimum_hosts: { value: 5 },
  failure_percentage_request_volume: { value: 50 },
} as const;

function outlier(settings: OutlierSettings): NonNullable<ClusterInput["outlier_detection"]> {
  const { intervalMs, baseEjectionTimeMs, maxEjectionPercent, consecutive5xx, failurePercentageThreshold } = settings;
  return {
    ...OUTLIER_DEFAULTS,
    ...(intervalMs === undefined ? {} : { interval: durationFromMs(intervalMs) }),
    ...(baseEjectionTimeMs === undefined ? {} : { base_ejection_time: durationFromMs(baseEjectionTimeMs) }),
    ...(maxEjectionPercent === undefined ? {} : { max_ejection_percent: { value: maxEjectionPercent } }),
    ...consecutive(consecutive5xx),
    // The detector is off until it is enforced (outlier_detection.proto).
    ...(failurePercentageThreshold === undefined
      ? {}
      : { failure_percentage_threshold: { value: failurePercentageThreshold }, enforcing_failure_percentage: { value: 100 } }),
  };
}

function consecutive(count: number | undefined): NonNullable<ClusterInput["outlier_detection"]> {
  if (count === undefined) return {};
  return count === 0 ? { enforcing_consecutive_5xx: { value: 0 } } : { consecutive_5xx: { value: count } };
}
