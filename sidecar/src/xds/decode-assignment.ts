import type { ClusterLoadAssignment__Output, LbEndpoint__Output } from "@fairlead/proto";
import { canonicalIp, DEFAULT_ZONE, endpointId, isPort, isWeight, ok, type Result } from "@fairlead/shared";
import type { Assignment, HealthVerdict, UpstreamEndpoint } from "../endpoint/index.js";
import { ownMetadata, ownNumber } from "./own-metadata.js";
import { refusal } from "./refusal.js";

/** More is a runaway source: one service of this size would fill the largest message we take. */
const MAX_ENDPOINTS = 50_000;
const MAX_PRIORITY = 128;
/** Curator ids and pod uids are 36 characters. */
const MAX_INSTANCE_LENGTH = 256;
/** endpoint_components.proto: an endpoint without weight weighs 1. Ours always carry one. */
const DEFAULT_XDS_WEIGHT = 1;

/**
 * TIMEOUT is a check that failed. DEGRADED means it answers, with less: of little use as a verdict here, so it counts as
 * healthy. A status newer than this list says nothing we know.
 */
const VERDICTS: Readonly<Record<string, HealthVerdict>> = {
  UNKNOWN: "unknown",
  HEALTHY: "healthy",
  UNHEALTHY: "unhealthy",
  TIMEOUT: "unhealthy",
  DRAINING: "draining",
  DEGRADED: "healthy",
};

/** endpoint.proto. */
const DEFAULT_OVERPROVISIONING_PERCENT = 140;
/** An hour: who takes longer to be warm weighs less. */
const MAX_RAMP_MS = 3_600_000;

/** A ClusterLoadAssignment, flat and sorted by id. */
export function decodeAssignment(
  message: ClusterLoadAssignment__Output,
  { version, confirmed }: Pick<Assignment, "version" | "confirmed">,
): Result<Assignment> {
  const byId = new Map<string, UpstreamEndpoint>();
  for (const [i, locality] of message.endpoints.entries()) {
    const place = `endpoints[${i}]`;
    // endpoint.proto: LocalityLbEndpoints.priority is at most 128.
    if (locality.priority > MAX_PRIORITY) return refusal(`${place}.priority`, locality.priority, `0 to ${MAX_PRIORITY}`);
    const standing = {
      zone: locality.locality?.zone || DEFAULT_ZONE,
      subZone: locality.locality?.sub_zone ?? "",
      localityWeight: locality.load_balancing_weight?.value ?? 0,
      priority: locality.priority,
    };
    for (const [j, entry] of locality.lb_endpoints.entries()) {
      const endpoint = decodeEndpoint(entry, standing, `${place}.lb_endpoints[${j}]`);
      if (!endpoint.ok) return endpoint;
      const { id } = endpoint.value;
      if (byId.has(id)) return refusal(`${place}.lb_endpoints[${j}].endpoint.address`, `${id} a second time`, "every address once");
      if (byId.size >= MAX_ENDPOINTS) return refusal("endpoints", `more than ${MAX_ENDPOINTS}`, `at most ${MAX_ENDPOINTS}`);
      byId.set(id, endpoint.value);
    }
  }
  const endpoints = [...byId.values()].sort((one, other) => (one.id < other.id ? -1 : 1));
  const overprovisioningPercent = message.policy?.overprovisioning_factor?.value ?? DEFAULT_OVERPROVISIONING_PERCENT;
  if (overprovisioningPercent === 0) return refusal("policy.overprovisioning_factor", overprovisioningPercent, "more than 0");
  const countsWeights = message.policy?.weighted_priority_health ?? false;
  return ok({ name: message.cluster_name, version, endpoints, overprovisioningPercent, countsWeights, confirmed });
}

/** What the locality says of each of its endpoints. */
type Standing = Pick<UpstreamEndpoint, "zone" | "subZone" | "localityWeight" | "priority">;

function decodeEndpoint(entry: LbEndpoint__Output, standing: Standing, place: string): Result<UpstreamEndpoint> {
  const socket = entry.endpoint?.address?.socket_address;
  if (!socket) return refusal(`${place}.endpoint.address.socket_address`, undefined, "an IP address and port");
  if (socket.protocol !== "TCP") return refusal(`${place}.endpoint.address.socket_address.protocol`, socket.protocol, "TCP");
  const ip = canonicalIp(socket.address);
  if (ip === undefined) return refusal(`${place}.endpoint.address.socket_address.address`, socket.address, "an IP address");
  const port = socket.port_value;
  if (!isPort(port)) return refusal(`${place}.endpoint.address.socket_address.port_value`, port, "1 to 65535");
  const weight = entry.load_balancing_weight?.value ?? DEFAULT_XDS_WEIGHT;
  if (!isWeight(weight) || weight === 0) return refusal(`${place}.load_balancing_weight`, weight, "1 to 10000");
  const instance = instanceOf(entry, place);
  if (!instance.ok) return instance;
  const ramp = rampOf(entry, place);
  if (!ramp.ok) return ramp;
  const until = drainUntilOf(entry, place);
  if (!until.ok) return until;
  const health = VERDICTS[entry.health_status] ?? "unknown";
  const learnt = { health, instance: instance.value, ramp: ramp.value };
  return ok({
    ...{ id: endpointId({ ip, port }), ip, port, weight, ...standing, ...learnt },
    ...(until.value === undefined ? {} : { drainUntilMs: until.value }),
  });
}

/** `drain_until_ms`, wall time, since 1970. */
function drainUntilOf({ metadata }: LbEndpoint__Output, place: string): Result<number | undefined> {
  const until = ownNumber(metadata, "drain_until_ms", `${place}.metadata`);
  if (!until.ok || until.value === undefined || until.value >= 0) return until;
  return refusal(`${place}.metadata.fairlead.drain_until_ms`, until.value, "milliseconds since 1970");
}

function instanceOf(entry: LbEndpoint__Output, place: string): Result<string | undefined> {
  const instance = ownMetadata(entry.metadata, "instance", `${place}.metadata`);
  if (!instance.ok || instance.value === undefined) return instance;
  if (instance.value.length > 0 && instance.value.length <= MAX_INSTANCE_LENGTH) return instance;
  return refusal(`${place}.metadata.fairlead.instance`, instance.value, `a text of 1 to ${MAX_INSTANCE_LENGTH} characters`);
}

/** `ramp_start_ms` (wall time, since 1970) and `ramp_ms`, both or neither. */
function rampOf({ metadata }: LbEndpoint__Output, place: string): Result<UpstreamEndpoint["ramp"]> {
  const startMs = ownNumber(metadata, "ramp_start_ms", `${place}.metadata`);
  if (!startMs.ok) return startMs;
  const windowMs = ownNumber(metadata, "ramp_ms", `${place}.metadata`);
  if (!windowMs.ok) return windowMs;
  if (startMs.value === undefined && windowMs.value === undefined) return ok(undefined);
  if (startMs.value === undefined || !(startMs.value >= 0)) {
    return refusal(`${place}.metadata.fairlead.ramp_start_ms`, startMs.value, "milliseconds since 1970");
  }
  if (windowMs.value === undefined || !(windowMs.value >= 0 && windowMs.value <= MAX_RAMP_MS)) {
    return refusal(`${place}.metadata.fairlead.ramp_ms`, windowMs.value, `0 to ${MAX_RAMP_MS}`);
  }
  return ok(windowMs.value === 0 ? undefined : { startMs: startMs.value, windowMs: windowMs.value });
}
