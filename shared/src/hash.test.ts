import fc from "fast-check";
import { expect, test } from "vitest";
import { EMPTY_SET, memberHash, versionOfAll, versionOfSet } from "./hash.js";

const change = fc.tuple(fc.constantFrom("a", "b", "c", "d", "e", "f"), fc.option(fc.constantFrom("1", "2", "3"), { nil: undefined }));

test("the hash of a set that is kept up member by member is that of the set made from scratch, in any order", () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
      const members = new Map<string, string>();
      let hash = EMPTY_SET;
      for (const [name, version] of changes) {
        const before = members.get(name);
        if (before !== undefined) hash ^= memberHash(name, before);
        if (version !== undefined) hash ^= memberHash(name, version);
        if (version === undefined) members.delete(name);
        else members.set(name, version);
        expect(versionOfSet(hash)).toBe(versionOfAll(members));
      }
      expect(versionOfAll([...members].reverse())).toBe(versionOfAll(members));
    }),
  );
});

test("sets that differ in one name or one version have different versions, and all versions have 16 digits", () => {
  const versions = [
    [],
    [["a", "1"]],
    [["a", "2"]],
    [["b", "1"]],
    [
      ["a", "1"],
      ["b", "1"],
    ],
    [
      ["a", "1"],
      ["b", "2"],
    ],
  ] as const;
  const all = versions.map((members) => versionOfAll(members));
  expect(new Set(all).size).toBe(all.length);
  for (const version of all) expect(version).toMatch(/^[0-9a-f]{16}$/);
});

test("the version is the same in every process and every release", () => {
  expect(
    versionOfAll([
      ["shop", "0123456789abcdef"],
      ["cart", "fedcba9876543210"],
    ]),
  ).toBe("561b835a8d000d66");
});
