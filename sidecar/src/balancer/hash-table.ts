// Where a hash belongs: a place in the candidates, for tables that move few keys when a candidate comes or goes.

import type { EndpointState } from "../endpoint/index.js";
import { hashText } from "./hash.js";

export interface HashTable {
  /** Index of the candidate that this hash belongs to. */
  at(hash: number): number;
}

const OFFSET_SEED = 0;
const SKIP_SEED = 0x5f3_759d;

/**
 * Maglev (Eisenbud and others, NSDI 2016, section 3.4): every candidate has its own order of the table's places, and they take
 * turns at taking their next free ones, in each round as many as their weight is of the mean. A pick is one look.
 * @param size a prime
 */
export function maglevTable(candidates: readonly EndpointState[], size: number): HashTable {
  const places = new Int32Array(size).fill(-1);
  const orders = candidates.map(({ endpoint: { id, weight } }) => ({
    at: hashText(id, OFFSET_SEED) % size,
    skip: (hashText(id, SKIP_SEED) % (size - 1)) + 1,
    weight,
    owed: 0,
  }));
  const mean = orders.reduce((sum, { weight }) => sum + weight, 0) / orders.length;
  for (let taken = 0; taken < size; ) {
    for (const [index, order] of orders.entries()) {
      order.owed += order.weight;
      for (; order.owed >= mean && taken < size; taken++) {
        order.owed -= mean;
        while (places[order.at] !== -1) order.at = (order.at + order.skip) % size;
        places[order.at] = index;
      }
    }
  }
  return { at: (hash) => places[hash % size] ?? 0 };
}

/** Points for each candidate, where the ring may be that large: its part of the ring is then within some 9 % of its share. */
const POINTS_PER_CANDIDATE = 128;
/** Beyond it rings grow only where configured: sorting more points would hold up the loop for more than some 20 ms. */
const POINTS_UNASKED_MAX = 131_072;

export interface RingSize {
  readonly least: number;
  readonly most: number;
}

/** A ring of points, each candidate's in proportion to its weight and at least one: a hash belongs to the first point after it. */
export function ringTable(candidates: readonly EndpointState[], size: RingSize): HashTable {
  const wanted = Math.max(size.least, Math.min(candidates.length * POINTS_PER_CANDIDATE, POINTS_UNASKED_MAX));
  const total = candidates.reduce((sum, { endpoint }) => sum + endpoint.weight, 0);
  const counts = candidates.map(({ endpoint }) => Math.max(1, Math.round((endpoint.weight / total) * Math.min(size.most, wanted))));
  // Place and owner in one number, which sorts without a comparison function: 32 bits of hash above 20 of index.
  const points = new Float64Array(counts.reduce((sum, count) => sum + count, 0));
  let end = 0;
  for (const [index, { endpoint }] of candidates.entries()) {
    const count = counts[index] ?? 0;
    for (let point = 0; point < count; point++) points[end++] = hashText(`${endpoint.id}#${point}`) * OWNERS + index;
  }
  points.sort();
  return { at: (hash) => (points[firstFrom(points, hash * OWNERS)] ?? points[0] ?? 0) % OWNERS };
}

/** More than an assignment can have. */
const OWNERS = 2 ** 20;

function firstFrom(points: Float64Array, least: number): number {
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((points[middle] ?? 0) < least) low = middle + 1;
    else high = middle;
  }
  return low;
}
