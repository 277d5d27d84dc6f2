import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CheckResult } from "../opinion.js";
import { type CheckState, fold, sameOpinion, unknownHealth } from "./rise-fall.js";

const THRESHOLDS = { rise: 2, fall: 3 };
type Outcome = CheckResult["outcome"];

function after(outcomes: readonly Outcome[], from: CheckState = unknownHealth("not checked yet", 0), thresholds = THRESHOLDS): CheckState {
  return outcomes.reduce(
    (state, outcome, index) => fold(state, { outcome, detail: `saw ${outcome}`, atMs: index + 1, tookMs: 1 }, thresholds),
    from,
  );
}

describe("rise and fall", () => {
  test("is unknown until a result, and the first one decides at once", () => {
    expect(after([]).health.status).toBe("unknown");
    expect(after(["passed"]).health).toMatchObject({ status: "healthy", sinceMs: 1, because: "the first check passed: saw passed" });
    expect(after(["timeout"]).health).toMatchObject({ status: "unhealthy", because: "the first check failed: saw timeout" });
  });

  test("somebody else at its address is an answer: out at once, and not back by a status alone", () => {
    const mistaken = after(["passed", "mistaken"]);
    expect(mistaken.health).toMatchObject({ status: "unhealthy", kind: "answer", refusing: true, because: "saw mistaken" });
    expect(after(["mistaken", "mistaken"], mistaken).health.status).toBe("unhealthy");
    expect(after(["passed", "refused", "refused", "mistaken"]).health).toMatchObject({ because: "saw mistaken", sinceMs: 3 });
    expect(after(["passed", "passed"], mistaken).health).toMatchObject({ status: "healthy", refusing: false });
  });

  test("a new endpoint serves on its first pass even after failures", () => {
    expect(after(["timeout", "failed", "passed"]).health.status).toBe("healthy");
  });

  test("fall failures in a row make unhealthy, not one fewer, and a pass starts the count again", () => {
    expect(after(["passed", "timeout", "timeout"]).health).toMatchObject({ status: "healthy", disagreeing: 2 });
    expect(after(["passed", "timeout", "timeout", "passed", "timeout", "failed"]).health.status).toBe("healthy");
    expect(after(["passed", "timeout", "timeout", "failed"]).health).toMatchObject({
      status: "unhealthy",
      because: "3 checks in a row failed: saw failed",
      disagreeing: 0,
    });
  });

  test("rise passes in a row make healthy again, not one fewer", () => {
    const down: readonly Outcome[] = ["passed", "failed", "failed", "failed"];
    expect(after([...down, "passed"]).health).toMatchObject({ status: "unhealthy", disagreeing: 1 });
    expect(after([...down, "passed", "failed", "passed"]).health.status).toBe("unhealthy");
    expect(after([...down, "passed", "passed"]).health).toMatchObject({ status: "healthy", because: "2 checks in a row passed" });
  });

  test("one refusal asks to be repeated; the second is an answer whatever fall says", () => {
    const once = after(["passed", "refused"], undefined, { rise: 2, fall: 100 });
    expect(once.refusedOnce).toBe(true);
    expect(once.health).toMatchObject({ status: "healthy", refusing: false });
    const twice = after(["refused"], once, { rise: 2, fall: 100 });
    expect(twice.refusedOnce).toBe(false);
    expect(twice.health).toMatchObject({ status: "unhealthy", refusing: true, because: "refused twice in a row: saw refused" });
  });

  test("two refusals with anything between them are not twice in a row", () => {
    expect(after(["passed", "refused", "passed", "refused"]).health).toMatchObject({ status: "healthy", refusing: false });
    expect(after(["passed", "refused", "timeout", "refused"], undefined, { rise: 2, fall: 9 }).health.refusing).toBe(false);
  });

  test("refusing outlives silence and ends with a pass, which is not yet healthy", () => {
    const refusing = after(["passed", "refused", "refused"]);
    expect(after(["timeout", "failed"], refusing).health.refusing).toBe(true);
    expect(after(["passed"], refusing).health).toMatchObject({ status: "unhealthy", refusing: false });
    expect(after(["passed", "passed"], refusing).health.status).toBe("healthy");
  });

  test("an unhealthy endpoint that turns out to refuse keeps the time since when it is unhealthy", () => {
    const silent = after(["passed", "timeout", "timeout", "timeout"]);
    expect(after(["refused", "refused"], silent).health).toMatchObject({ refusing: true, sinceMs: silent.health.sinceMs });
  });

  test("a check that changes nothing but the newest result is no new verdict", () => {
    const healthy = after(["passed"]);
    const again = after(["passed"], healthy);
    expect(again.health.last).not.toBe(healthy.health.last);
    expect(sameOpinion(healthy.health, again.health)).toBe(true);
    expect(sameOpinion(healthy.health, after(["timeout"], healthy).health)).toBe(true);
    expect(sameOpinion(healthy.health, after(["refused", "refused"], healthy).health)).toBe(false);
  });

  test("whatever came before: refused twice is refusing, and rise passes are healthy", () => {
    const outcomes = fc.array(fc.constantFrom<Outcome>("passed", "refused", "failed", "timeout"), { maxLength: 30 });
    const thresholds = fc.record({ rise: fc.integer({ min: 1, max: 4 }), fall: fc.integer({ min: 1, max: 4 }) });
    fc.assert(
      fc.property(outcomes, thresholds, (history, limits) => {
        const state = after(history, undefined, limits);
        expect(after(["refused", "refused"], state, limits).health).toMatchObject({ status: "unhealthy", refusing: true });
        const passes = new Array<Outcome>(limits.rise).fill("passed");
        expect(after(passes, state, limits).health).toMatchObject({ status: "healthy", refusing: false, disagreeing: 0 });
        const fails = new Array<Outcome>(limits.fall).fill("timeout");
        expect(after(fails, state, limits).health.status).toBe("unhealthy");
        if (state.health.refusing) expect(state.health.status).toBe("unhealthy");
      }),
    );
  });
});
