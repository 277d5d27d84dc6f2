import { describe, expect, test } from "vitest";
import { acceptMalformed, judgeMalformed, type MalformedMemory } from "./malformed-share.js";

const FIVE_MINUTES = 300_000;

/** Looks at a path again and again: `[malformed, members, nowMs]` each; the faults in short. */
function looks(...steps: readonly (readonly [number, number, number])[]): readonly string[] {
  let memory: MalformedMemory | undefined;
  return steps.map(([malformed, members, nowMs]) => {
    const verdict = judgeMalformed({ malformed, members }, memory, nowMs);
    memory = verdict.memory;
    return verdict.fault === undefined ? "fine" : verdict.fault.startsWith("most") ? "most" : `sudden, until ${verdict.untilMs}`;
  });
}

describe("most", () => {
  test.each([
    ["one of ten", 1, 10, "fine"],
    ["half of them", 5, 10, "sudden, until 300000"],
    ["one of two", 1, 2, "fine"],
    ["more than half", 6, 10, "most"],
    ["the only one", 1, 1, "most"],
    ["none of none", 0, 0, "fine"],
  ])("%s", (_, malformed, members, verdict) => {
    expect(looks([malformed, members, 0])).toEqual([verdict]);
  });

  test("holds as long as it is so, and lets go at once when they can be read", () => {
    expect(looks([8, 10, 0], [8, 10, 10 * FIVE_MINUTES], [5, 10, 10 * FIVE_MINUTES + 1])).toEqual(["most", "most", "fine"]);
  });
});

describe("an operator's word", () => {
  const after = (...steps: readonly (readonly [number, number, number])[]) => {
    let memory = acceptMalformed(8);
    return steps.map(([malformed, members, nowMs]) => {
      const verdict = judgeMalformed({ malformed, members }, memory, nowMs);
      memory = verdict.memory;
      return verdict.fault?.slice(0, 4) ?? "fine";
    });
  };

  test("ends it as long as there are no more of them", () => {
    expect(after([8, 10, 0], [8, 9, 1], [7, 8, 2], [7, 7, 3])).toEqual(["fine", "fine", "fine", "fine"]);
    expect(after([8, 12, 0], [11, 12, 1], [11, 12, 1 + FIVE_MINUTES])).toEqual(["fine", "3 of", "fine"]);
  });

  test("is forgotten when they can be read", () => {
    expect(after([2, 10, 0], [8, 10, 1])).toEqual(["fine", "most"]);
  });
});

describe("sudden", () => {
  test("three of ten that could be read a moment ago are a change of format, two are not", () => {
    expect(looks([0, 10, 0], [2, 10, 5], [3, 10, 6])).toEqual(["fine", "fine", `sudden, until ${5 + FIVE_MINUTES}`]);
  });

  test("three of a hundred are three mistakes", () => {
    expect(looks([0, 100, 0], [3, 100, 1], [19, 100, 2], [20, 100, 3])).toEqual([
      "fine",
      "fine",
      "fine",
      `sudden, until ${1 + FIVE_MINUTES}`,
    ]);
  });

  test("what is there at the first look is taken for the usual after five minutes only: a restart ends no freeze", () => {
    expect(looks([4, 10, 7], [4, 10, FIVE_MINUTES], [4, 10, FIVE_MINUTES + 7])).toEqual([
      `sudden, until ${FIVE_MINUTES + 7}`,
      `sudden, until ${FIVE_MINUTES + 7}`,
      "fine",
    ]);
  });

  test("lets go at once when they can be read again", () => {
    expect(looks([0, 10, 0], [3, 10, 1], [2, 10, 2], [0, 10, 3])).toEqual(["fine", `sudden, until ${1 + FIVE_MINUTES}`, "fine", "fine"]);
  });

  test("ends by itself after five minutes, and is then the usual", () => {
    expect(looks([0, 10, 0], [3, 10, 1], [3, 10, FIVE_MINUTES], [3, 10, FIVE_MINUTES + 1], [5, 10, FIVE_MINUTES + 2])).toEqual([
      "fine",
      `sudden, until ${1 + FIVE_MINUTES}`,
      `sudden, until ${1 + FIVE_MINUTES}`,
      "fine",
      "fine",
    ]);
  });

  test("a slow roll-out of one a minute is seen before half of them are out", () => {
    const MINUTE = 60_000;
    const verdicts = looks(...Array.from({ length: 6 }, (_, step) => [step, 10, step * MINUTE] as const));
    expect(verdicts.slice(0, 3)).toEqual(["fine", "fine", "fine"]);
    expect(verdicts[3]).toMatch(/^sudden/);
  });
});
