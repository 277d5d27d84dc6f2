// Apache Curator's ServiceInstance as JSON: Curator itself, Spring Cloud ZooKeeper (status in the payload's metadata) and
// Dubbo 3 at application level.

import { DEFAULT_WEIGHT, DEFAULT_ZONE, endpointId, fail, isWeight, ok, type Result } from "@fairlead/shared";
import type { Endpoint } from "../../source.js";
import { DRAINED_BY_WEIGHT } from "../../static-members.js";
import { registeredAddress, shown } from "./address.js";
import type { Decode, Member } from "./decoder.js";

const MAX_ID_LENGTH = 256;
const ZONE = /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$/;

/**
 * Decoder of `ServiceInstance`. Unknown fields are ignored. The instance's `name` is not held against the path: where an
 * operator points us counts. A missing `enabled` means true: Curator leaves it out unless told otherwise (CURATOR-275).
 */
export function curatorDecoder(port: "main" | "ssl"): Decode {
  return ({ path, data }: Member) => {
    const instance = jsonObject(data);
    if (!instance.ok) return instance;
    const { address: host, port: mainPort, sslPort, id, enabled, payload } = instance.value;
    if (typeof host !== "string" || host === "") return fail(`address ${shown(host)} is not an IP address`);
    const chosen = port === "ssl" ? sslPort : mainPort;
    if (chosen === null || chosen === undefined) return fail(missingPort(port, port === "ssl" ? mainPort : sslPort));
    const address = registeredAddress(host, chosen);
    if (!address.ok) return address;
    const metadata = metadataOf(payload);
    const weight = weightOf(metadata["weight"]);
    const draining = drainingReason(enabled, metadata["instance_status"], weight);
    return ok<Endpoint>({
      id: endpointId(address.value),
      ...address.value,
      weight,
      zone: zoneOf(metadata["zone"]),
      ...(typeof id === "string" && id !== "" && id.length <= MAX_ID_LENGTH ? { instance: id } : {}),
      ...(draining === undefined ? {} : { draining }),
      place: path,
    });
  };
}

/** Fields of a foreign JSON object; each is checked before it is believed. */
type Fields = Readonly<Partial<Record<string, unknown>>>;

type Instance = Readonly<Partial<Record<"address" | "port" | "sslPort" | "id" | "enabled" | "payload", unknown>>>;

function jsonObject(data: Uint8Array): Result<Instance> {
  const text = Buffer.from(data).toString("utf8");
  if (text.trim() === "") return fail("no data");
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? ok(value) : fail(`data ${shown(text)} is not a JSON object`);
  } catch {
    return fail(`data ${shown(text)} is not JSON`);
  }
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Spring and Dubbo put a map of strings into the payload; plain Curator puts there whatever the application wants. */
function metadataOf(payload: unknown): Fields {
  const metadata = isObject(payload) ? payload["metadata"] : undefined;
  return isObject(metadata) ? metadata : {};
}

function missingPort(wanted: "main" | "ssl", other: unknown): string {
  const field = wanted === "ssl" ? "sslPort" : "port";
  if (typeof other !== "number") return `no ${field}`;
  return `no ${field}, but ${wanted === "ssl" ? "port" : "sslPort"} is ${other}: the path's \`port\` setting chooses`;
}

/** Spring: a status other than UP is not to be used; none or an empty one counts as UP. */
function drainingReason(enabled: unknown, status: unknown, weight: number): string | undefined {
  if (enabled === false) return "registered as disabled";
  if (status !== undefined && status !== null && status !== "" && status !== "UP") return `status ${shown(status)}`;
  return weight === 0 ? DRAINED_BY_WEIGHT : undefined;
}

/** Metadata are strings in Spring and Dubbo, numbers elsewhere; what is no weight is ignored. */
function weightOf(value: unknown): number {
  const weight = typeof value === "string" && /^\d{1,5}$/.test(value) ? Number(value) : value;
  return isWeight(weight) ? weight : DEFAULT_WEIGHT;
}

function zoneOf(value: unknown): string {
  return typeof value === "string" && ZONE.test(value) ? value : DEFAULT_ZONE;
}
