// Where a hash belongs: a place in the candidates, for tables that move few keys when a candidate comes or goes.

import type { EndpointState } from "../endpoint/index.js";
import { hashText, nextHash } from "./hash.js";

export interface HashTable {
  /** Index of the candidate that this hash belongs to. */
  at(hash: number): number;
}

const PHASE_SEED = 0x1656_67b1;
/** In steps of as many throws as the table has places, all candidates together: all of it is taken after about twelve. */
const STEPS = 4;

/**
 * A table as Maglev has one (Eisenbud and others, NSDI 2016, section 3.4): a pick is one look. But it is not filled in turns,
 * where each candidate takes the next place of its own order that is still free. Every candidate throws at a row of places that
 * follows from its id, as often as it weighs, and a place belongs to whose throw comes first. So nothing changes hands but what a
 * candidate that goes has had, or one that comes gets, where turns reshuffle others' places too: measured with 65,537 places
 * and one of 1,000 candidates gone, 6.7 times what has to move, with one of 100, 1.6. The price is evenness: of m places each,
 * parts differ by some 1/sqrt(m): 1 % among 10 candidates, 12 % among 1,000. Some 12 ms, whatever the number of candidates.
 */
export function maglevTable(candidates: readonly EndpointState[], size: number): HashTable {
  const owners = new Int32Array(size).fill(-1);
  const earliest = new Float64Array(size).fill(Number.POSITIVE_INFINITY);
  const throwers = candidates.map(({ endpoint: { id, weight } }) => ({
    aim: hashText(id),
    turn: 1 / weight,
    // Never two at the same time.
    due: hashText(id, PHASE_SEED) / HASHES / weight,
  }));
  const step = (STEPS * size) / candidates.reduce((sum, { endpoint }) => sum + endpoint.weight, 0);
  let free = size;
  for (let untilDue = step; free > 0; untilDue += step) {
    for (const [index, thrower] of throwers.entries()) {
      for (; thrower.due < untilDue; thrower.due += thrower.turn) {
        thrower.aim = nextHash(thrower.aim);
        const place = thrower.aim % size;
        if (thrower.due >= (earliest[place] ?? 0)) continue;
        if (owners[place] === -1) free--;
        earliest[place] = thrower.due;
        owners[place] = index;
      }
    }
  }
  return { at: (hash) => owners[hash % size] ?? 0 };
}

/** Hashes are 32 bits. */
const HASHES = 4_294_967_296;

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
