// Apache Curator's ServiceInstance as JSON: Curator itself, Spring Cloud ZooKeeper (status in the payload's metadata) and
// Dubbo 3 at application level (the ports of its protocols in a JSON text in the payload's metadata).

import { ok, type Result } from "@fairlead/shared";
import type { Endpoint } from "../../source.js";
import { registeredAddress, shown } from "./address.js";
import type { DecodeOne } from "./decoder.js";
import { type Fields, isObject, jsonObject } from "./json-object.js";
import { endpointOf, writtenWeight } from "./registration.js";
import { malformed, type Rejection, unusable } from "./rejection.js";

export interface CuratorOptions {
  readonly port: "main" | "ssl";
  /** Takes the port from Dubbo's `dubbo.endpoints` instead: `dubbo`, `tri`. */
  readonly protocol: string | undefined;
}

/**
 * Decoder of `ServiceInstance`. Unknown fields are ignored. The instance's `name` is not held against the path: where an
 * operator points us counts. A missing `enabled` means true: Curator leaves it out unless told otherwise (CURATOR-275).
 */
export function curatorDecoder({ port, protocol }: CuratorOptions): DecodeOne {
  return ({ path, data }): Result<Endpoint, Rejection> => {
    const instance = jsonObject(data);
    if (!instance.ok) return instance;
    const { address: host, id, enabled, payload } = instance.value as Instance;
    if (typeof host !== "string" || host === "") return malformed(`address ${shown(host)} is not an IP address`);
    const known = metadataOf(payload);
    const chosen = protocol === undefined ? portOf(instance.value, port) : protocolPort(known["dubbo.endpoints"], protocol);
    if (!chosen.ok) return chosen;
    const address = registeredAddress(host, chosen.value);
    if (!address.ok) return address;
    return ok(
      endpointOf({
        address: address.value,
        place: path,
        weight: writtenWeight(known["weight"]),
        zone: known["zone"],
        instance: id,
        draining: drainingReason(enabled, known["instance_status"]),
        metadata: isObject(payload) && !isObject(payload["metadata"]) ? payload : known,
      }),
    );
  };
}

type Instance = Readonly<Partial<Record<"address" | "id" | "enabled" | "payload", unknown>>>;

/** Spring and Dubbo put a map of strings into the payload; plain Curator puts there whatever the application wants. */
function metadataOf(payload: unknown): Fields {
  const metadata = isObject(payload) ? payload["metadata"] : undefined;
  return isObject(metadata) ? metadata : {};
}

/** `port` and `sslPort` may each be null: a TLS-only instance has no other. */
function portOf(instance: Fields, wanted: "main" | "ssl"): Result<unknown, Rejection> {
  const [field, otherField] = wanted === "ssl" ? (["sslPort", "port"] as const) : (["port", "sslPort"] as const);
  const chosen = instance[field];
  if (chosen !== null && chosen !== undefined) return ok(chosen);
  const other = instance[otherField];
  if (chosen === undefined && other === undefined) return malformed(`neither port nor sslPort: fields are ${shown(Object.keys(instance))}`);
  if (typeof other !== "number") return unusable(`no ${field}`);
  return unusable(`no ${field}, but ${otherField} is ${other}: the path's \`port\` setting chooses`);
}

/** `dubbo.endpoints` is JSON in a text: `[{"port":20880,"protocol":"dubbo"}]`. */
function protocolPort(written: unknown, protocol: string): Result<unknown, Rejection> {
  const endpoints = endpointsOf(written);
  const found = endpoints.find((endpoint) => endpoint["protocol"] === protocol);
  if (found !== undefined) return ok(found["port"]);
  if (endpoints.length === 0) return unusable(`no dubbo.endpoints to choose ${protocol} from: leave the path's \`protocol\` setting out`);
  const others = endpoints.map((endpoint) => shown(endpoint["protocol"])).join(", ");
  return unusable(`no ${protocol} among dubbo.endpoints, but ${others.slice(0, 100)}: the path's \`protocol\` setting chooses`);
}

function endpointsOf(written: unknown): readonly Fields[] {
  if (typeof written !== "string") return [];
  try {
    const value: unknown = JSON.parse(written);
    return Array.isArray(value) ? value.filter(isObject) : [];
  } catch {
    return [];
  }
}

/** Spring: a status other than UP, in whatever capitals, is not to be used; none or an empty one counts as UP. */
function drainingReason(enabled: unknown, status: unknown): string | undefined {
  if (enabled === false) return "registered as disabled";
  if (status === undefined || status === null) return undefined;
  const text = typeof status === "string" ? status.trim().toUpperCase() : undefined;
  return text === "" || text === "UP" ? undefined : `status ${shown(status)}`;
}
