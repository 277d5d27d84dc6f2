import fc from "fast-check";
import { expect, test } from "vitest";
import { changedKeys, LayeredMap } from "./layered-map.js";

const change = fc.tuple(fc.constantFrom(..."abcdefghijklmnopqrstuvwxyz0123456789".split("")), fc.option(fc.nat(3), { nil: undefined }));

test("after any changes it is the map that an ordinary one would be, and those before it are as they were", () => {
  fc.assert(
    fc.property(fc.array(fc.array(change, { maxLength: 8 }), { maxLength: 40 }), (rounds) => {
      const plain = new Map<string, number>();
      let layered = new LayeredMap<string, number>(new Map());
      for (const round of rounds) {
        const before = { map: layered, entries: new Map(layered) };
        for (const [key, value] of round) {
          if (value === undefined) plain.delete(key);
          else plain.set(key, value);
        }
        layered = layered.with(new Map(round));
        expect(new Map(before.map)).toEqual(before.entries);
        expect(new Map(layered)).toEqual(plain);
        expect(layered.size).toBe(plain.size);
        for (const key of ["a", "b", "9"]) expect([layered.get(key), layered.has(key)]).toEqual([plain.get(key), plain.has(key)]);
        expect([...layered.keys()].sort()).toEqual([...plain.keys()].sort());
        expect([...layered.values()].sort()).toEqual([...plain.values()].sort());
      }
    }),
  );
});

test("changes that make no difference give the same map", () => {
  const map = new LayeredMap<string, number>(new Map([["a", 1]]));
  expect(
    map.with(
      new Map([
        ["a", 1],
        ["b", undefined],
      ]),
    ),
  ).toBe(map);
});

test("the keys that differ between any two of a map's states are those that differ, however it was made", () => {
  fc.assert(
    fc.property(fc.array(fc.array(change, { maxLength: 8 }), { minLength: 1, maxLength: 40 }), fc.nat(), fc.nat(), (rounds, from, to) => {
      const states = [new LayeredMap<string, number>()];
      for (const round of rounds) states.push((states.at(-1) ?? new LayeredMap()).with(new Map(round)));
      const [one, other] = [states[from % states.length], states[to % states.length]];
      if (one === undefined || other === undefined) return;
      const keys = new Set([...one.keys(), ...other.keys()]);
      const different = [...keys].filter((key) => one.get(key) !== other.get(key));
      for (const [before, after] of [
        [one, other],
        [new Map(one), other],
        [new LayeredMap(one, new Map([["a", 7]])), new LayeredMap(other, new Map([["a", 7]]))],
      ] as const) {
        const expected = different.filter((key) => before.get(key) !== after.get(key));
        expect([...changedKeys(before, after)].sort()).toEqual(expected.sort());
      }
    }),
  );
});
