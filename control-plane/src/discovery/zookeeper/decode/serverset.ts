// ServerSets of Twitter Commons, Finagle and Aurora: `member_` znodes, JSON or Thrift, and `vector_` znodes that weigh them.

import { ok, type Result } from "@fairlead/shared";
import { registeredAddress, shown } from "./address.js";
import type { Announcement, Decode, Member } from "./decoder.js";
import { type Fields, isObject, jsonObject } from "./json-object.js";
import { endpointOf } from "./registration.js";
import { malformed, type Rejection, unusable } from "./rejection.js";
import { readVector } from "./serverset-weights.js";
import { readThriftStruct, type ThriftValue } from "./thrift-binary.js";

/**
 * Decoder of ServerSets. `name` picks one of the additional endpoints instead of the service's own. No instance: a shard's number outlives its
 * processes, and Finagle makes a member anew to add an endpoint to it.
 */
export function serverSetDecoder(name: string | undefined): Decode {
  return (member: Member): Result<Announcement, Rejection> => {
    if (member.name.startsWith("vector_")) {
      const weights = readVector(member.data);
      return weights.ok ? ok({ endpoints: [], weights: weights.value }) : weights;
    }
    const read = instanceIn(member.data);
    if (!read.ok) return read;
    const { status, shard, additional, service, metadata } = read.value;
    const chosen = name === undefined ? ok(service) : additionalEndpoint(additional, name);
    if (!chosen.ok) return chosen;
    if (!isObject(chosen.value)) return malformed(`${name ?? "serviceEndpoint"} ${shown(chosen.value)} is not a host and a port`);
    const address = registeredAddress(chosen.value["host"], chosen.value["port"]);
    if (!address.ok) return address;
    const endpoint = endpointOf({
      address: address.value,
      place: member.path,
      draining: status === undefined || status === "ALIVE" ? undefined : `status ${shown(status)}`,
      metadata: { ...metadata, shard },
    });
    return ok({ endpoints: [endpoint], ...(shard === undefined ? {} : { shard }) });
  };
}

interface Instance {
  readonly service: unknown;
  readonly additional: Fields;
  readonly status: unknown;
  readonly shard: number | undefined;
  readonly metadata: Fields;
}

/** A Thrift struct begins with a field's type, which is no printable byte; JSON with a brace, after white space at most. */
function instanceIn(data: Uint8Array): Result<Instance, Rejection> {
  const first = data.find((byte) => !WHITE_SPACE.has(byte));
  return first === undefined || first > 0x20 ? jsonInstance(data) : thriftInstance(data);
}

/** Of JSON. Of these only the line feed and the carriage return are types of Thrift (i64, map), and its field numbers are no text. */
const WHITE_SPACE = new Set([0x20, 0x09, 0x0a, 0x0d]);

function jsonInstance(data: Uint8Array): Result<Instance, Rejection> {
  const json = jsonObject(data);
  if (!json.ok) return json;
  const { serviceEndpoint, additionalEndpoints, status, shard, metadata } = json.value as Readonly<
    Partial<Record<"serviceEndpoint" | "additionalEndpoints" | "status" | "shard" | "metadata", unknown>>
  >;
  return ok({
    service: serviceEndpoint,
    additional: isObject(additionalEndpoints) ? additionalEndpoints : {},
    status: status ?? undefined,
    shard: typeof shard === "number" && Number.isInteger(shard) ? shard : undefined,
    metadata: isObject(metadata) ? metadata : {},
  });
}

/** `Status` of endpoint.thrift, by its numbers. */
const STATUSES = ["DEAD", "STARTING", "ALIVE", "STOPPING", "STOPPED", "WARNING"];

/** `ServiceInstance` of endpoint.thrift: 1 serviceEndpoint, 2 additionalEndpoints, 3 status, 4 shard (optional), 5 metadata (optional). */
function thriftInstance(data: Uint8Array): Result<Instance, Rejection> {
  const struct = readThriftStruct(data);
  if (struct === undefined) return malformed(`${data.byteLength} bytes are neither JSON nor a Thrift struct`);
  const status = struct.get(3);
  const shard = struct.get(4);
  return ok({
    service: thriftEndpoint(struct.get(1)),
    additional: thriftMap(struct.get(2), thriftEndpoint),
    status: typeof status === "number" ? (STATUSES[status] ?? status) : undefined,
    shard: typeof shard === "number" ? shard : undefined,
    metadata: thriftMap(struct.get(5), (value) => value),
  });
}

/** `Endpoint`: 1 host, 2 port. */
function thriftEndpoint(value: ThriftValue | undefined): unknown {
  return value instanceof Map ? { host: value.get(1), port: value.get(2) } : undefined;
}

function thriftMap(value: ThriftValue | undefined, read: (value: ThriftValue) => unknown): Fields {
  const map: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  if (typeof value !== "object" || !("entries" in value) || !Array.isArray(value.entries)) return map;
  for (const [key, item] of value.entries as readonly (readonly [ThriftValue, ThriftValue])[]) {
    if (typeof key === "string") map[key] = read(item);
  }
  return map;
}

function additionalEndpoint(additional: Fields, name: string): Result<unknown, Rejection> {
  if (Object.hasOwn(additional, name)) return ok(additional[name]);
  const others = Object.keys(additional);
  const instead = others.length === 0 ? "" : `, but ${others.map(shown).join(", ").slice(0, 100)}`;
  return unusable(`no additional endpoint ${shown(name)}${instead}: the path's \`endpoint\` setting chooses`);
}
