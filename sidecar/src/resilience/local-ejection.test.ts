import { describe, expect, test } from "vitest";
import type { EndpointState, Tried } from "../endpoint/index.js";
import { stateAt } from "../endpoint/testing/state-at.js";
import { type EjectionSettings, LocalEjection } from "./local-ejection.js";

const DEFAULTS: EjectionSettings = { outlier: { failuresInRow: 5, countsEvery5xx: false, maxPercent: 50 }, panicPercent: 50 };
const OFF: EjectionSettings = { outlier: { ...DEFAULTS.outlier, failuresInRow: 0 }, panicPercent: 50 };

const at = (nowMs: number, change: Partial<Tried> = {}): Tried => ({ pickedMs: nowMs, nowMs, probe: false, ...change });
const probeAt = (nowMs: number) => at(nowMs, { probe: true });

function clusterOf(count: number, settings = DEFAULTS) {
  const states = Array.from({ length: count }, (_, index) => stateAt(index + 1));
  return { states, first: states[0] as EndpointState, ejection: new LocalEjection(settings, states) };
}

function answerAll(ejection: LocalEjection, state: EndpointState, answers: readonly number[], nowMs: number) {
  return answers.map((status) => ejection.answered(state, status, at(nowMs), 0));
}

const FIVE = [503, 503, 503, 503, 503];

describe("ejection by connect failures", () => {
  const ejection = new LocalEjection();
  function ejected(atMs: number): EndpointState {
    const state = stateAt(1);
    for (let connect = 0; connect < 2; connect++) ejection.failed(state, "connect", at(atMs));
    return state;
  }

  test("one failure ejects nobody, and an answer in between starts the count again", () => {
    const state = stateAt(1);
    ejection.failed(state, "connect", at(0));
    ejection.answered(state, 200, at(0), 0);
    ejection.failed(state, "connect", at(0));
    expect(ejection.passesOver(state, 0)).toBe(false);
  });

  test("two in a row eject for a second, however many of the cluster are out", () => {
    const state = ejected(100);
    expect(ejection.passesOver(state, 1_099)).toBe(true);
    expect(ejection.passesOver(state, 1_100)).toBe(false);
  });

  test("after its time exactly one probe goes there, and any answer to it lets everyone back", () => {
    const state = ejected(0);
    expect(ejection.picked(state, 1_000)).toBe(true);
    expect(ejection.passesOver(state, 1_000)).toBe(true);
    expect(ejection.picked(state, 1_000)).toBe(false);
    ejection.answered(state, 500, probeAt(1_000), 0);
    expect(ejection.passesOver(state, 1_000)).toBe(false);
    expect(ejection.picked(state, 1_000)).toBe(false);
  });

  test("a probe that ends without an answer leaves the place to another, as does one that takes too long", () => {
    const state = ejected(0);
    ejection.picked(state, 1_000);
    ejection.probeLost(state);
    expect(ejection.passesOver(state, 1_001)).toBe(false);
    expect(ejection.picked(state, 1_001)).toBe(true);
    expect(ejection.picked(state, 31_000)).toBe(false);
    expect(ejection.picked(state, 31_001)).toBe(true);
  });

  test("failed probes double the time up to thirty seconds", () => {
    const state = ejected(0);
    const lengths: number[] = [];
    for (let probe = 0; probe < 7; probe++) {
      const nowMs = state.ejectedUntilMs;
      ejection.picked(state, nowMs);
      ejection.failed(state, "connect", probeAt(nowMs));
      lengths.push(state.ejectedUntilMs - nowMs);
    }
    expect(lengths).toEqual([2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });

  test("failures of requests begun before the ejection do not lengthen it", () => {
    const state = ejected(0);
    for (let late = 0; late < 20; late++) ejection.failed(state, "connect", at(10, { pickedMs: 0 }));
    expect(state).toMatchObject({ ejectedUntilMs: 1_000, ejections: 1 });
  });
});

describe("ejection by what an endpoint makes of its traffic", () => {
  test("five failed answers in a row eject for a second; a good one in between starts the count again", () => {
    const { ejection, first } = clusterOf(4);
    expect(answerAll(ejection, first, [503, 502, 504, 503, 404, ...FIVE], 10)).toEqual([...Array(9).fill("none"), "ejected"]);
    expect(first).toMatchObject({ ejectedBecause: "traffic", ejectedUntilMs: 1_010 });
    expect(ejection.passesOver(first, 1_009)).toBe(true);
  });

  test("a 500 may be its request's own fault, and counts where the configuration says so, as often as it says", () => {
    const { ejection, first } = clusterOf(4);
    expect(answerAll(ejection, first, Array(20).fill(500), 0)).not.toContain("ejected");
    const told = clusterOf(4, { ...DEFAULTS, outlier: { ...DEFAULTS.outlier, failuresInRow: 2, countsEvery5xx: true } });
    expect(answerAll(told.ejection, told.first, [500, 500], 0)).toEqual(["none", "ejected"]);
  });

  test("broken connections count like failed answers", () => {
    const { ejection, first } = clusterOf(4);
    const news = FIVE.map(() => ejection.failed(first, "broken", at(0)));
    expect(news.at(-1)).toBe("ejected");
  });

  test("a pause in which every request times out ejects nobody, silence of two seconds does", () => {
    const { ejection, first } = clusterOf(4);
    for (let request = 0; request < 50; request++) {
      expect(ejection.failed(first, "timeout", at(1_500 + request, { pickedMs: request }))).toBe("none");
    }
    ejection.answered(first, 200, at(1_600), 0);
    const late = [1, 2, 3, 4, 5].map((request) => ejection.failed(first, "timeout", at(4_000 + request, { pickedMs: 2_000 + request })));
    expect(late.at(-1)).toBe("ejected");
  });

  test("answers to requests that were under way when it began neither end nor lengthen it", () => {
    const { ejection, first } = clusterOf(4);
    answerAll(ejection, first, FIVE, 100);
    ejection.answered(first, 200, at(200, { pickedMs: 90 }), 0);
    for (const status of FIVE) ejection.answered(first, status, at(1_200, { pickedMs: 99 }), 0);
    expect(first).toMatchObject({ ejectedUntilMs: 1_100, ejections: 1, failedAnswers: 0 });
  });

  test("it lets go by itself: one probe at a time, whose success ends it at the head and whose failure doubles it", () => {
    const { ejection, first } = clusterOf(4);
    answerAll(ejection, first, FIVE, 0);
    expect([ejection.picked(first, 1_000), ejection.picked(first, 1_000)]).toEqual([true, false]);
    expect(ejection.answered(first, 503, probeAt(1_001), 0)).toBe("ejected");
    expect(first.ejectedUntilMs).toBe(3_001);
    ejection.picked(first, 3_001);
    expect(ejection.failed(first, "timeout", probeAt(3_002))).toBe("ejected");
    expect(first.ejectedUntilMs).toBe(7_002);
    ejection.picked(first, 7_002);
    ejection.answered(first, 200, probeAt(7_003), 0);
    expect(ejection.passesOver(first, 7_003)).toBe(false);
    expect(answerAll(ejection, first, [503, 503, 503, 503], 7_004)).not.toContain("ejected");
  });

  test("no more than the share are out at once, whichever way they went; the others are spared and counted anew", () => {
    const { ejection, states } = clusterOf(5);
    const news = states.map((state) => answerAll(ejection, state, FIVE, 0).at(-1));
    expect(news).toEqual(["ejected", "ejected", "spared", "spared", "spared"]);
    expect(states.filter((state) => ejection.passesOver(state, 0))).toHaveLength(2);
    const cautious = clusterOf(5, { ...DEFAULTS, panicPercent: 80 });
    for (const state of cautious.states) answerAll(cautious.ejection, state, FIVE, 0);
    expect(cautious.states.filter((state) => cautious.ejection.passesOver(state, 0))).toHaveLength(1);
  });

  test("the only endpoint is never ejected", () => {
    const { ejection, first } = clusterOf(1);
    expect(answerAll(ejection, first, [...FIVE, ...FIVE], 0)).not.toContain("ejected");
  });

  test("an operator can end it: turned off, nobody is ejected, and who is out comes back at once; connects still count", () => {
    const { ejection, first, states } = clusterOf(4);
    answerAll(ejection, first, FIVE, 0);
    const off = new LocalEjection(OFF, states);
    expect(off.passesOver(first, 1)).toBe(false);
    expect(answerAll(off, first, [...FIVE, ...FIVE], 2)).not.toContain("ejected");
    for (let connect = 0; connect < 2; connect++) off.failed(first, "connect", at(3));
    expect(off.passesOver(first, 4)).toBe(true);
  });
});

describe("what an endpoint asks for by Retry-After", () => {
  const ask = (ejection: LocalEjection, state: EndpointState, askedMs: number, tried: Tried) =>
    ejection.answered(state, 503, tried, askedMs);

  test("it gets, up to thirty seconds, and no doubling for it", () => {
    const { ejection, first } = clusterOf(4);
    expect(ask(ejection, first, 7_000, at(100))).toBe("ejected");
    expect(first).toMatchObject({ ejectedBecause: "asked", ejectedUntilMs: 7_100, ejections: 0 });
    expect(ask(ejection, first, 9_000, at(110, { pickedMs: 90 }))).toBe("none");
    expect(ejection.picked(first, 7_100)).toBe(true);
    expect(ask(ejection, first, 3_600_000, probeAt(7_200))).toBe("ejected");
    expect(first.ejectedUntilMs).toBe(37_200);
  });

  test("it comes back by a probe that is answered well, and asking by 429 is the same", () => {
    const { ejection, first } = clusterOf(4);
    expect(ejection.answered(first, 429, at(0), 2_000)).toBe("ejected");
    ejection.picked(first, 2_000);
    ejection.answered(first, 200, probeAt(2_001), 0);
    expect(ejection.passesOver(first, 2_001)).toBe(false);
  });

  test("where too many ask they go on being called, and an operator can end it", () => {
    const { ejection, states, first } = clusterOf(4);
    expect(states.map((state) => ask(ejection, state, 2_000, at(0)))).toEqual(["ejected", "ejected", "spared", "spared"]);
    const off = new LocalEjection(OFF, states);
    expect(off.passesOver(first, 1)).toBe(false);
    expect(ask(off, first, 2_000, at(2))).toBe("none");
  });
});
