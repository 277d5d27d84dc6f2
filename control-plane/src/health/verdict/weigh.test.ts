import { describe, expect, test } from "vitest";
import { COMPLAINING, finding, REFUSING, SILENT, UNCHECKED, vote, WELL } from "../testing/evidence.js";
import { type Evidence, weigh } from "./weigh.js";

const of = (part: Partial<Evidence>) => weigh({ opinion: WELL, votes: [], callers: undefined, ...part });

describe("one checker", () => {
  test("passes on what it finds, and says what kind of evidence it is", () => {
    expect(of({})).toMatchObject({ kind: "stay", status: "healthy", share: 1 });
    expect(of({ opinion: UNCHECKED })).toMatchObject({ kind: "stay", status: "unknown" });
    expect(of({ opinion: REFUSING })).toMatchObject({ kind: "leave", on: "answer" });
    expect(of({ opinion: SILENT })).toMatchObject({ kind: "leave", on: "one-witness", evidence: "silence" });
    expect(of({ opinion: COMPLAINING })).toMatchObject({ kind: "leave", on: "one-witness", evidence: "complaint" });
  });

  test("with callers that fail too there are two witnesses; slowness is none", () => {
    expect(of({ opinion: SILENT, callers: finding({ agreement: "some" }) })).toMatchObject({ kind: "leave", on: "witnesses" });
    expect(of({ opinion: SILENT, callers: finding({ kind: "latency" }) })).toMatchObject({ kind: "leave", on: "one-witness" });
  });
});

describe("several checkers", () => {
  test("down by a majority, which is two witnesses; an answer among them is an answer", () => {
    const both = [vote("b", "unhealthy", "silence"), vote("c", "healthy")];
    expect(of({ opinion: SILENT, votes: both })).toMatchObject({ kind: "leave", on: "witnesses" });
    expect(of({ votes: [vote("b", "unhealthy", "silence"), vote("c", "unhealthy", "silence")] })).toMatchObject({
      kind: "leave",
      on: "witnesses",
    });
    expect(of({ opinion: SILENT, votes: [vote("b", "unhealthy", "answer"), vote("c", "healthy")] })).toMatchObject({
      kind: "leave",
      on: "answer",
    });
  });

  test("one against one, or one against two, is a dispute: it stays, with half its weight, and both sides are named", () => {
    const one = of({ opinion: SILENT, votes: [vote("b", "healthy")] });
    expect(one).toMatchObject({ kind: "stay", status: "healthy", share: 0.5, disputed: true });
    expect(one.because).toContain("we found it unhealthy");
    const other = of({ votes: [vote("b", "unhealthy", "answer"), vote("c", "healthy")] });
    expect(other).toMatchObject({ kind: "stay", share: 0.5, disputed: true });
    expect(other.because).toContain("b found it unhealthy");
  });

  test("who does not know does not vote", () => {
    expect(of({ opinion: SILENT, votes: [vote("b", "unknown"), vote("c", "unknown")] })).toMatchObject({
      kind: "leave",
      on: "one-witness",
    });
    expect(of({ opinion: UNCHECKED, votes: [vote("b", "healthy")] })).toMatchObject({ kind: "stay", status: "healthy", share: 1 });
  });
});

describe("callers alone", () => {
  test("cut weight in steps and take nobody out", () => {
    const share = (left: number) => of({ callers: finding({ share: left }) });
    expect([0.9, 0.5, 0.3, 0.2, 0.06, 0.01].map((left) => share(left)).map((one) => (one.kind === "stay" ? one.share : undefined))).toEqual(
      [0.5, 0.5, 0.25, 0.1, 0.05, 0.05],
    );
  });

  test("that fail where checks pass are named so", () => {
    expect(of({ callers: finding() }).because).toBe("checks pass, traffic fails: 30 % of its requests fail");
    expect(of({ opinion: UNCHECKED, callers: finding() }).because).toBe("30 % of its requests fail");
  });
});
