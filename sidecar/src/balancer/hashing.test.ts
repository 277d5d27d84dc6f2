import { type EndpointId, seeded } from "@fairlead/shared";
import { describe, expect, test } from "vitest";
import type { EndpointState, PickSettings } from "../endpoint/index.js";
import { pickingBy } from "../endpoint/testing/picking.js";
import { stateAt } from "../endpoint/testing/state-at.js";
import { LocalEjection } from "../resilience/index.js";
import { BalancerMemory } from "./balancer-memory.js";
import { hashText, nextHash } from "./hash.js";
import { maglevTable, ringTable } from "./hash-table.js";
import { newPicker } from "./new-picker.js";

const KEYS = Array.from({ length: 20_000 }, (_, index) => hashText(`user-${index}`));
const states = (count: number, weight = 100) => Array.from({ length: count }, (_, index) => stateAt(index + 1, weight));

describe("the hash", () => {
  test("differs by a character and by the seed, and is the same on every machine", () => {
    expect(hashText("shop")).toBe(hashText("shop"));
    expect(new Set(["shop", "shoq", "sho", "", "pohs"].map((text) => hashText(text))).size).toBe(5);
    expect(hashText("shop", 1)).not.toBe(hashText("shop"));
    // What every sidecar says of these: a change moves every key of a fleet.
    expect([hashText(""), hashText("x-user: ann"), nextHash(1)]).toMatchInlineSnapshot(`
      [
        0,
        3407995636,
        2527132011,
      ]
    `);
  });

  test("spreads keys evenly", () => {
    const buckets = new Array<number>(64).fill(0);
    for (const key of KEYS) buckets[key % 64] = (buckets[key % 64] ?? 0) + 1;
    // Mean 312.5, sd 17.5; 5 sd.
    for (const count of buckets) expect(Math.abs(count - 312.5)).toBeLessThan(88);
  });
});

const TABLES = [
  ["maglev", (members: readonly EndpointState[]) => maglevTable(members, 65_537), 1.02, 0.05],
  ["ring", (members: readonly EndpointState[]) => ringTable(members, { least: 1_024, most: 8_388_608 }), 1.1, 0.4],
] as const;

describe.each(TABLES)("a %s", (_, tableOf, movedOverIdeal, uneven) => {
  test("gives each its weight's part of the keys", () => {
    const members = [stateAt(1, 100), stateAt(2, 200), stateAt(3, 300), stateAt(4, 400)];
    const table = tableOf(members);
    const got = [0, 0, 0, 0];
    for (const key of KEYS) got[table.at(key)] = (got[table.at(key)] ?? 0) + 1;
    for (const [index, count] of got.entries()) {
      const share = ((index + 1) / 10) * KEYS.length;
      expect(Math.abs(count - share) / share).toBeLessThan(uneven + 0.08);
    }
  });

  test("moves few keys when a member goes: those it had, and hardly any other", () => {
    const members = states(10);
    const before = tableOf(members);
    let moved = 0;
    for (const gone of members) {
      const left = members.filter((state) => state !== gone);
      const after = tableOf(left);
      for (const key of KEYS) if (members[before.at(key)] !== left[after.at(key)]) moved++;
    }
    expect(moved / KEYS.length).toBeLessThan(movedOverIdeal);
  });
});

describe("bounded load", () => {
  function hold(count: number, change: Partial<PickSettings>): readonly EndpointState[] {
    const members = states(10);
    const deps = { rng: seeded(1), ejection: new LocalEjection(), memory: new BalancerMemory() };
    const picker = newPicker({ picking: pickingBy("maglev", change), groups: [{ share: 1, endpoints: members }] }, deps);
    // Half of everything is one key.
    for (let request = 0; request < count; request++) picker.pick({ nowMs: 0, exclude: [], hash: KEYS[request % 2 === 0 ? 0 : request] });
    return members;
  }

  test("holds at every moment, under one key that is half of the traffic", () => {
    for (const count of [10, 100, 1_000]) {
      const most = Math.max(...hold(count, { balancePercent: 125 }).map(({ inFlight }) => inFlight));
      expect(most).toBeLessThanOrEqual(Math.ceil((1.25 * count) / 10));
    }
  });

  test("is not there where none is asked for: the key stays where it is", () => {
    expect(Math.max(...hold(1_000, {}).map(({ inFlight }) => inFlight))).toBeGreaterThan(500);
  });

  test("sends what overflows to all, not to one neighbour", () => {
    const members = states(10);
    const deps = { rng: seeded(1), ejection: new LocalEjection(), memory: new BalancerMemory() };
    const picker = newPicker({ picking: pickingBy("maglev"), groups: [{ share: 1, endpoints: members }] }, deps);
    const [full] = members;
    const next = KEYS.slice(0, 1_000).map((hash) => picker.pick({ nowMs: 0, exclude: [full?.endpoint.id ?? ("" as EndpointId)], hash }));
    const own = maglevTable(members, 65_537);
    const overflowed = next.filter((_, index) => members[own.at(KEYS[index] ?? 0)] === full);
    expect(new Set(overflowed.map((pick) => pick.kind === "picked" && pick.lease.endpoint)).size).toBe(9);
  });
});
