// What fuzzing has kept (`npm run bench -- fuzz`), and some of it anew.

import { readFileSync } from "node:fs";
import { type Rng, seeded } from "@fairlead/shared";
import { describe, expect, test } from "vitest";
import { type Counters, fuzz } from "./testing/fuzzer.js";
import { type FuzzInput, faultOf } from "./testing/oracle.js";

const kept = JSON.parse(readFileSync(new URL("../fixtures/http1-fuzzed.json", import.meta.url), "utf8")) as readonly FuzzInput[];

function cutAnew(input: FuzzInput, rng: Rng): FuzzInput {
  return { ...input, cuts: Array.from({ length: 5 }, () => Math.floor(rng.next() * (input.raw.length + 1))) };
}

describe.each(["request", "answer", "head-answer"] as const)("every kept %s", (kind) => {
  const inputs = kept.filter((input) => input.kind === kind);
  test("goes on as it was meant or not at all, however it is cut", () => {
    const rng = seeded(7);
    expect(inputs.length).toBeGreaterThan(0);
    const faults = inputs.flatMap((input) => [input, cutAnew(input, rng), { ...input, cuts: [...input.raw].map((_, index) => index) }]);
    expect(faults.map((input) => faultOf(input)).filter((fault) => fault !== undefined)).toEqual([]);
  });
});

test("nor is any of 3,000 changed ones taken wrongly", () => {
  const counters: Counters = new Uint8Array(1);
  let turn = 0;
  // Every seed counts as new.
  const judged = (input: FuzzInput) => {
    counters[0] = 1 << (turn++ % 8);
    return faultOf(input);
  };
  const report = fuzz({ seeds: kept, rng: seeded(11), counters, faultOf: judged, goesOn: (done) => done < kept.length + 3_000 });
  expect(report.found).toEqual([]);
});

test("the counters lead it to a mistake that chance does not find", () => {
  const secret = "GET \xff\x80\x7f";
  const found = (guided: boolean) => {
    const counters = new Uint8Array(8);
    const planted = ({ raw }: FuzzInput) => {
      counters[7] = 1;
      for (let index = 0; guided && index < 7 && raw[index] === secret[index]; index++) counters[index] = 1;
      return raw.startsWith(secret) ? "found" : undefined;
    };
    const seeds: FuzzInput[] = [{ kind: "request", raw: "GET / HTTP/1.1\r\nHost: a\r\n\r\n", cuts: [] }];
    const goesOn = (executions: number) => executions < 300_000;
    return fuzz({ seeds, rng: seeded(3), counters, faultOf: planted, goesOn }).found.length;
  };
  expect(found(true)).toBeGreaterThan(0);
  expect(found(false)).toBe(0);
});
