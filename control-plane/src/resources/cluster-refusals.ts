// What clients refuse of a Cluster. "Tried" is with grpc-go 1.85, grpc-java 1.85, C-core 1.51 and 1.85 and grpc-js-xds 1.14.

import { type Messages, typeUrl } from "@fairlead/proto";
import type { LbPolicy } from "../config/index.js";
import { CLIENT_TRAITS } from "./client-kind.js";
import { refersElsewhere } from "./config-source.js";
import { PEAK_EWMA_TYPE } from "./nearest-policy.js";
import { firstOf, type RefusalRule } from "./refusal-rule.js";

type Cluster = Messages["envoy.config.cluster.v3.Cluster"]["input"];
type Duration = Messages["google.protobuf.Duration"]["input"];

/** gRFC A42 and cluster.proto. */
const RING_SIZE_MAX = 8_388_608;
/** Envoy's default max_ejection_time. */
const EJECTION_MAX_S = 300;

const BY_FIELD: ReadonlyMap<string | number, LbPolicy> = new Map([
  ["ROUND_ROBIN", "round-robin"],
  ["LEAST_REQUEST", "least-request"],
  ["RANDOM", "random"],
  ["RING_HASH", "ring-hash"],
  ["MAGLEV", "maglev"],
]);
const BY_EXTENSION: ReadonlyMap<string, LbPolicy> = new Map([
  [typeUrl("envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin"), "round-robin"],
  [typeUrl("envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest"), "least-request"],
  [PEAK_EWMA_TYPE, "peak-ewma"],
]);

/** In the order they are looked at. */
export const CLUSTER_REFUSALS: readonly RefusalRule<Cluster>[] = [
  {
    source: "cluster.proto: name has at least one character",
    find: ({ name }) => (name ? undefined : "name is empty"),
  },
  {
    source: "tried: every gRPC client refuses STRICT_DNS, and an EDS source other than ads or self; our sidecar too (decode-cluster.ts)",
    find: ({ type, eds_cluster_config }, kind) => {
      if (type !== "EDS") return `type ${type ?? "STATIC"}, expected EDS`;
      return refersElsewhere(eds_cluster_config?.eds_config, kind) ? "eds_config is neither ads nor self" : undefined;
    },
  },
  {
    source: "tried: no gRPC client takes RANDOM or MAGLEV, many refuse LEAST_REQUEST, calls of C-core 1.51 hang with RING_HASH",
    find: ({ lb_policy = "ROUND_ROBIN", load_balancing_policy }, kind) => {
      const { policies: taken, label } = CLIENT_TRAITS[kind];
      const field = BY_FIELD.get(lb_policy);
      if (field === undefined || !taken.includes(field)) return `lb_policy ${lb_policy}, which ${label} does not take`;
      if (!load_balancing_policy) return undefined;
      // cluster.proto: the first one of the list that the client knows counts, and there must be one.
      const types = (load_balancing_policy.policies ?? []).map(({ typed_extension_config: of }) => of?.typed_config?.type_url ?? "");
      const known = types.map((type) => BY_EXTENSION.get(type)).some((policy) => policy !== undefined && taken.includes(policy));
      return known ? undefined : `no load_balancing_policy that ${label} takes: ${types.join(", ")}`;
    },
  },
  {
    source: "gRFC A42: ring_hash takes XX_HASH and rings of at most 8 Mi entries",
    find: ({ ring_hash_lb_config: ring }) => {
      if (!ring) return undefined;
      const least = ring.minimum_ring_size?.value ?? 0;
      const most = ring.maximum_ring_size?.value ?? RING_SIZE_MAX;
      if (most > RING_SIZE_MAX || least > most) return `ring sizes ${least} to ${most}`;
      return (ring.hash_function ?? "XX_HASH") === "XX_HASH" ? undefined : `hash_function ${ring.hash_function}`;
    },
  },
  {
    source: "cluster.proto: connect_timeout is above 0",
    find: ({ connect_timeout }) => (!connect_timeout || isPositive(connect_timeout) ? undefined : "connect_timeout is not above 0"),
  },
  {
    source: "circuit_breaker.proto and our sidecar: percents are 0 to 100",
    find: ({ circuit_breakers }) =>
      firstOf(circuit_breakers?.thresholds ?? [], ({ retry_budget }) => {
        const percent = retry_budget?.budget_percent?.value ?? 0;
        return percent >= 0 && percent <= 100 ? undefined : `retry_budget of ${percent} %`;
      }),
  },
  {
    source:
      "outlier_detection.proto and gRFC A50: times above 0, percents at most 100; Envoy: base_ejection_time at most max_ejection_time",
    find: ({ outlier_detection: outlier }) => (outlier ? ofOutlier(outlier) : undefined),
  },
  {
    source: "tried: gRPC takes lrs_server self only",
    find: ({ lrs_server }) => (!lrs_server || lrs_server.self ? undefined : "lrs_server is not self"),
  },
];

function ofOutlier(outlier: NonNullable<Cluster["outlier_detection"]>): string | undefined {
  for (const name of ["interval", "base_ejection_time", "max_ejection_time"] as const) {
    const duration = outlier[name];
    if (duration && !isPositive(duration)) return `${name} is not above 0`;
  }
  for (const name of PERCENTS) {
    const percent = outlier[name]?.value ?? 0;
    if (percent > 100) return `${name} is ${percent}`;
  }
  const most = outlier.max_ejection_time?.seconds ?? EJECTION_MAX_S;
  return (outlier.base_ejection_time?.seconds ?? 0) > most ? `base_ejection_time is above ${most} s` : undefined;
}

const PERCENTS = [
  "max_ejection_percent",
  "enforcing_consecutive_5xx",
  "enforcing_success_rate",
  "enforcing_consecutive_gateway_failure",
  "enforcing_consecutive_local_origin_failure",
  "enforcing_local_origin_success_rate",
  "failure_percentage_threshold",
  "enforcing_failure_percentage",
  "enforcing_failure_percentage_local_origin",
] as const satisfies readonly (keyof NonNullable<Cluster["outlier_detection"]>)[];

function isPositive({ seconds = 0, nanos = 0 }: Duration): boolean {
  return seconds >= 0 && nanos >= 0 && seconds + nanos > 0;
}
