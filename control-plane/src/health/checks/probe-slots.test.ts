import { describe, expect, test } from "vitest";
import { ProbeSlots } from "./probe-slots.js";

describe("probe slots", () => {
  test("start no more than the limit, in order, urgent ones first", () => {
    const slots = new ProbeSlots(2);
    const started: string[] = [];
    const releases: (() => void)[] = [];
    const job = (name: string) => (release: () => void) => {
      started.push(name);
      releases.push(release);
    };
    for (const name of ["a", "b", "c", "d"]) slots.submit(job(name), false);
    slots.submit(job("urgent"), true);
    expect(started).toEqual(["a", "b"]);
    expect(slots.waiting).toBe(3);
    releases[0]?.();
    expect(started).toEqual(["a", "b", "urgent"]);
    releases[1]?.();
    releases[2]?.();
    expect(started).toEqual(["a", "b", "urgent", "c", "d"]);
  });

  test("a slot released twice is one slot", () => {
    const slots = new ProbeSlots(1);
    const releases: (() => void)[] = [];
    for (let count = 0; count < 3; count++) slots.submit((release) => releases.push(release), false);
    releases[0]?.();
    releases[0]?.();
    expect(releases).toHaveLength(2);
  });

  test("100,000 jobs that end at once do not grow the stack", () => {
    const slots = new ProbeSlots(1);
    let held: (() => void) | undefined;
    slots.submit((release) => {
      held = release;
    }, false);
    let ran = 0;
    for (let count = 0; count < 100_000; count++) {
      slots.submit((release) => {
        ran += 1;
        release();
      }, false);
    }
    held?.();
    expect(ran).toBe(100_000);
  });
});
