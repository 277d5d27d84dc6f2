import { type Cluster__Output, msFromDuration } from "@fairlead/proto";
import { ok, PROTOCOLS, type Protocol, type Result } from "@fairlead/shared";
import type { ClusterConfig, OutlierRule } from "../endpoint/index.js";
import { decodePicking } from "./decode-picking.js";
import { ownMetadata } from "./own-metadata.js";
import { refusal } from "./refusal.js";

/** Defaults of the xDS schema itself (cluster.proto, circuit_breaker.proto): absent means these, whoever serves. */
const DEFAULT_CONNECT_TIMEOUT_MS = 5_000;
const DEFAULT_MAX_REQUESTS = 1_024;
const DEFAULT_RETRY_BUDGET_PERCENT = 20;
const DEFAULT_PANIC_PERCENT = 50;
/** Of our own: Envoy detects nothing unless told to, and then sets 10 % aside, which is nobody of nine. */
const DEFAULT_FAILURES_IN_ROW = 5;
const DEFAULT_MAX_EJECTION_PERCENT = 50;

/** A connect that takes longer than this is a mistake in the configuration, not a slow network. */
const MAX_CONNECT_TIMEOUT_MS = 600_000;

/** A Cluster as this sidecar understands it; what it does not understand and cannot leave out safely is refused with the field. */
export function decodeCluster(message: Cluster__Output, version: string): Result<ClusterConfig> {
  const discovery = checkDiscovery(message);
  if (!discovery.ok) return discovery;
  const protocol = protocolOf(message);
  if (!protocol.ok) return protocol;
  const picking = decodePicking(message);
  if (!picking.ok) return picking;
  const limits = limitsOf(message, protocol.value);
  if (!limits.ok) return limits;
  const outlier = outlierOf(message);
  if (!outlier.ok) return outlier;
  return ok({ name: message.name, version, protocol: protocol.value, ...picking.value, ...limits.value, outlier: outlier.value });
}

/** Endpoints come from the stream this resource came on; nothing else is asked. */
function checkDiscovery(message: Cluster__Output): Result<void> {
  if (message.type !== "EDS") return refusal("type", message.type ?? "STATIC", "EDS");
  const source = message.eds_cluster_config?.eds_config;
  if (!source?.ads && !source?.self) return refusal("eds_cluster_config.eds_config", "neither", "ads or self");
  const serviceName = message.eds_cluster_config?.service_name ?? "";
  if (serviceName !== "" && serviceName !== message.name) {
    return refusal("eds_cluster_config.service_name", serviceName, `the cluster's own name "${message.name}", or none`);
  }
  return ok(undefined);
}

function protocolOf(message: Cluster__Output): Result<Protocol> {
  const text = ownMetadata(message.metadata, "protocol", "metadata");
  if (!text.ok) return text;
  if (text.value === undefined) return ok("http1");
  const known = PROTOCOLS.find((protocol) => protocol === text.value);
  return known === undefined ? refusal("metadata.fairlead.protocol", text.value, PROTOCOLS.join(" or ")) : ok(known);
}

type Limits = Pick<ClusterConfig, "connectTimeoutMs" | "maxRequests" | "retryBudgetPercent" | "panicPercent">;

function limitsOf(message: Cluster__Output, protocol: Protocol): Result<Limits> {
  const connectTimeoutMs = message.connect_timeout === null ? DEFAULT_CONNECT_TIMEOUT_MS : msFromDuration(message.connect_timeout);
  if (!(connectTimeoutMs > 0 && connectTimeoutMs <= MAX_CONNECT_TIMEOUT_MS)) {
    return refusal("connect_timeout", `${connectTimeoutMs} ms`, `more than 0 and at most ${MAX_CONNECT_TIMEOUT_MS} ms`);
  }
  const thresholds = message.circuit_breakers?.thresholds.find((entry) => entry.priority === "DEFAULT");
  const retryBudgetPercent = thresholds?.retry_budget?.budget_percent?.value ?? DEFAULT_RETRY_BUDGET_PERCENT;
  if (!isPercent(retryBudgetPercent)) return refusal("circuit_breakers.retry_budget.budget_percent", retryBudgetPercent, "0 to 100");
  const panicPercent = message.common_lb_config?.healthy_panic_threshold?.value ?? DEFAULT_PANIC_PERCENT;
  if (!isPercent(panicPercent)) return refusal("common_lb_config.healthy_panic_threshold", panicPercent, "0 to 100");
  // A connection of a tcp service is what a request is elsewhere; both limits have the same default.
  const most = protocol === "tcp" ? thresholds?.max_connections : thresholds?.max_requests;
  const maxRequests = most?.value ?? DEFAULT_MAX_REQUESTS;
  return ok({ connectTimeoutMs, maxRequests, retryBudgetPercent, panicPercent });
}

/** `consecutive_5xx` and the share; the rest is another detector's. */
function outlierOf({ outlier_detection: said }: Cluster__Output): Result<OutlierRule> {
  const failures = said?.consecutive_5xx?.value;
  const isOff = failures === 0 || said?.enforcing_consecutive_5xx?.value === 0;
  const maxPercent = said?.max_ejection_percent?.value ?? DEFAULT_MAX_EJECTION_PERCENT;
  if (!isPercent(maxPercent)) return refusal("outlier_detection.max_ejection_percent", maxPercent, "0 to 100");
  return ok({ failuresInRow: isOff ? 0 : (failures ?? DEFAULT_FAILURES_IN_ROW), countsEvery5xx: failures !== undefined, maxPercent });
}

function isPercent(value: number): boolean {
  return value >= 0 && value <= 100;
}
