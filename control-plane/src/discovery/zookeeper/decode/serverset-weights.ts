// The `vector_` znodes of a ServerSet: weights of its other members.

import { DEFAULT_WEIGHT, endpointId, ok, parseAddress, type Result } from "@fairlead/shared";
import type { Endpoint } from "../../source.js";
import { DRAINED_BY_WEIGHT } from "../../static-members.js";
import { shown } from "./address.js";
import { type Fields, isObject, jsonObject } from "./json-object.js";
import { scaledWeight } from "./registration.js";
import { malformed, type Rejection } from "./rejection.js";

/** One line of a vector: whom it selects, and what their weight is multiplied by; below 0 it takes them out. */
export interface WeightDescriptor {
  readonly select: { readonly by: "inet" | "member" | "shard"; readonly value: string };
  readonly factor: number;
}

/** What a descriptor may select a member by. */
export interface Weighable {
  readonly name: string;
  readonly shard: number | undefined;
  readonly endpoint: Endpoint;
}

const SELECT = /^(inet|member|shard)=(.+)$/;
/** A vector weighs what is in its path: at most ten thousand members, and 64 KiB hold some thousand lines. */
const MAX_DESCRIPTORS = 10_000;

/** The descriptors of a vector. One that selects by something else selects nobody; one without a weight changes nothing. */
export function readVector(data: Uint8Array): Result<readonly WeightDescriptor[], Rejection> {
  const json = jsonObject(data);
  if (!json.ok) return json;
  const { vector } = json.value as { readonly vector?: unknown };
  if (!Array.isArray(vector) || vector.length > MAX_DESCRIPTORS) return malformed(`vector ${shown(vector)} is not a list of descriptors`);
  const descriptors: WeightDescriptor[] = [];
  for (const item of vector) {
    const descriptor = isObject(item) ? descriptorOf(item) : undefined;
    if (descriptor === undefined) return malformed(`${shown(item)} is not a descriptor with a weight`);
    if (descriptor !== "nobody") descriptors.push(descriptor);
  }
  return ok(descriptors);
}

function descriptorOf(item: Fields): WeightDescriptor | "nobody" | undefined {
  const { select, weight = 1 } = item as { readonly select?: unknown; readonly weight?: unknown };
  if (typeof weight !== "number" || !Number.isFinite(weight)) return undefined;
  const match = typeof select === "string" ? SELECT.exec(select) : null;
  if (match === null) return "nobody";
  const by = match[1] as WeightDescriptor["select"]["by"];
  return { select: { by, value: canonical(by, match[2] ?? "") }, factor: weight };
}

function canonical(by: WeightDescriptor["select"]["by"], value: string): string {
  if (by === "shard") return String(Number(value));
  const address = by === "inet" ? parseAddress(value) : undefined;
  return address?.ok ? endpointId(address.value) : value;
}

/** All vectors of a path together, looked up by what they select: ten thousand lines over ten thousand members is no product of both. */
export class VectorWeights {
  readonly #factors = new Map<string, number[]>();

  constructor(vectors: Iterable<readonly WeightDescriptor[]>) {
    for (const vector of vectors) {
      for (const { select, factor } of vector) {
        const key = `${select.by}=${select.value}`;
        const factors = this.#factors.get(key);
        if (factors === undefined) this.#factors.set(key, [factor]);
        else factors.push(factor);
      }
    }
  }

  /** The member with the product of the factors that select it; undefined when one of them takes it out. */
  weighted({ name, shard, endpoint }: Weighable): Endpoint | undefined {
    const keys = [`inet=${endpoint.id}`, `member=${name}`, ...(shard === undefined ? [] : [`shard=${shard}`])];
    const factors = keys.flatMap((key) => this.#factors.get(key) ?? []);
    if (factors.length === 0) return endpoint;
    if (factors.some((factor) => factor < 0)) return undefined;
    const weight = scaledWeight((endpoint.weight / DEFAULT_WEIGHT) * factors.reduce((product, factor) => product * factor, 1));
    const draining = endpoint.draining ?? (weight === 0 ? DRAINED_BY_WEIGHT : undefined);
    return { ...endpoint, weight, ...(draining === undefined ? {} : { draining }) };
  }
}
