import type { EndpointId } from "@fairlead/shared";
import { FakeClock } from "@fairlead/shared/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CallerFinding } from "../callers/caller-evidence.js";
import type { Opinion } from "../opinion.js";
import { COMPLAINING, finding, idOf, passedAt, REFUSING, SILENT, vote, WELL } from "../testing/evidence.js";
import type { Vote } from "../votes.js";
import { BUDGETS, mayBeOut, mayLeaveAtOnce } from "./brakes.js";
import { type Served, ServiceVerdicts } from "./service-verdicts.js";

/** A service whose evidence the test sets by endpoint number; everybody is well and served unless it says otherwise. */
function service(size: number, { safety = "standard", zones = 1 }: { safety?: keyof typeof BUDGETS; zones?: number } = {}) {
  const clock = new FakeClock();
  const opinions = new Map<EndpointId, Opinion>(Array.from({ length: size }, (_, at) => [idOf(at), WELL]));
  const votes = new Map<EndpointId, readonly Vote[]>();
  const callers = new Map<EndpointId, CallerFinding>();
  const served = new Set<EndpointId>(opinions.keys());
  const recorded = new Map<EndpointId, Served>();
  /** Results that changed no opinion. */
  const newest = new Map<EndpointId, Opinion>();
  const probed: EndpointId[] = [];
  let doubts = 0;
  const verdicts = new ServiceVerdicts(clock, {
    probeSoon: (id) => probed.push(id),
    newest: (id) => newest.get(id) ?? opinions.get(id),
    doubted: () => doubts++,
  });
  const pass = (part: { readonly fleetBraked?: boolean; readonly confirmedAtMs?: number; readonly rampMs?: number } = {}) =>
    verdicts.pass({
      opinions,
      beside: (id) => (votes.has(id) || callers.has(id) ? { votes: votes.get(id) ?? [], callers: callers.get(id) } : undefined),
      zoneOf: (id) => `zone-${[...opinions.keys()].indexOf(id) % zones}`,
      served: (id) => (served.has(id) ? (recorded.get(id) ?? {}) : undefined),
      budget: BUDGETS[safety],
      fleetBraked: part.fleetBraked ?? false,
      confirmedAtMs: part.confirmedAtMs,
      rampMs: part.rampMs ?? 10_000,
    });
  const all = (numbers: readonly number[], opinion: Opinion) => {
    for (const number of numbers) opinions.set(idOf(number), opinion);
  };
  const out = () => [...pass()].flatMap(([id, { status }]) => (status === "unhealthy" ? [id] : []));
  return { clock, opinions, votes, callers, served, recorded, newest, probed, verdicts, pass, all, out, doubts: () => doubts };
}

const numbers = (count: number) => Array.from({ length: count }, (_, at) => at);

describe("answers", () => {
  test("act at once, all of them, whatever brake holds", () => {
    const { all, pass, verdicts } = service(9);
    all(numbers(9), REFUSING);
    const now = pass({ fleetBraked: true });
    expect([...now.values()].every(({ status, refusing }) => status === "unhealthy" && refusing)).toBe(true);
    expect(verdicts.ledger.sums).toMatchObject({ left: { answer: 9, witnesses: 0, "one-witness": 0 }, outNow: 9, spentNow: 0 });
  });
});

describe("one witness", () => {
  test("takes one out at once, even of a service of one", () => {
    const { all, out } = service(1);
    all([0], SILENT);
    expect(out()).toHaveLength(1);
  });

  test("of many takes out a third at most and a fifth a minute: the rest is held with the reason, and goes by itself in turn", () => {
    const { all, out, pass, clock, verdicts } = service(30);
    all(numbers(20), SILENT);
    expect(out()).toHaveLength(6);
    expect(verdicts.held).toMatchObject({ brake: "rate", count: 14 });
    const held = pass().get(idOf(19));
    expect(held).toMatchObject({ status: "unknown", share: 1 });
    expect(held?.because).toContain("3 checks in a row timed out; it is kept: as many of the service left within a minute");
    clock.advance(60_001);
    expect(out()).toHaveLength(10);
    expect(verdicts.held?.brake).toBe("at-once");
    clock.advance(240_000);
    expect(out()).toHaveLength(20);
    expect(verdicts.held).toBeUndefined();
  });

  test("has back what was spent on one that returned: silent ones after one another all leave at once", () => {
    const { all, out, clock } = service(6);
    for (let round = 0; round < 10; round++) {
      all([round % 6], SILENT);
      expect(out()).toEqual([idOf(round % 6)]);
      clock.advance(5_000);
      all([round % 6], WELL);
      expect(out()).toEqual([]);
      clock.advance(1_000);
    }
    all([0, 1], SILENT);
    expect(out()).toHaveLength(2);
  });

  test("an operator's word ends what is held, and only what was held before it", () => {
    const { all, pass, out, clock } = service(30);
    all(numbers(20), SILENT);
    expect(out()).toHaveLength(6);
    clock.advance(1_000);
    const saidAtMs = clock.nowMs();
    const after = pass({ confirmedAtMs: saidAtMs });
    expect([...after.values()].filter(({ status }) => status === "unhealthy")).toHaveLength(20);
    clock.advance(1_000);
    all([25], SILENT);
    expect(pass({ confirmedAtMs: saidAtMs }).get(idOf(25))?.status).not.toBe("unhealthy");
  });

  test("safety: off holds nobody", () => {
    const { all, out } = service(30, { safety: "off" });
    all(numbers(30), SILENT);
    expect(out()).toHaveLength(30);
  });

  test("whom nobody calls yet is no removal: it is out, and spends nothing", () => {
    const { all, served, out, verdicts } = service(6);
    served.delete(idOf(0));
    all([0], COMPLAINING);
    expect(out()).toEqual([idOf(0)]);
    expect(verdicts.ledger.sums).toMatchObject({ outNow: 0, spentNow: 0 });
  });

  test("against most of a zone at once is held as a whole; one of the zone is not", () => {
    const { all, out, verdicts } = service(12, { zones: 3 });
    all([0, 3, 6, 9], SILENT);
    expect(out()).toEqual([]);
    expect(verdicts.held).toMatchObject({ brake: "zone", count: 4 });
    all([3, 6, 9], WELL);
    expect(out()).toEqual([idOf(0)]);
  });

  test("is held while the whole fleet is doubted", () => {
    const { all, pass, doubts } = service(6);
    all([0], SILENT);
    expect(pass({ fleetBraked: true }).get(idOf(0))?.status).toBe("unknown");
    expect(doubts()).toBe(1);
    expect(pass().get(idOf(0))?.status).toBe("unhealthy");
    expect(doubts()).toBe(1);
  });
});

describe("two witnesses", () => {
  test("spend nothing and are held by panic alone", () => {
    const { all, out, votes, verdicts } = service(10);
    all(numbers(8), SILENT);
    for (const number of numbers(8)) votes.set(idOf(number), [vote("b", "unhealthy", "silence")]);
    expect(out()).toHaveLength(5);
    expect(verdicts.held).toMatchObject({ brake: "panic", count: 3 });
    expect(verdicts.ledger.sums).toMatchObject({ left: { witnesses: 5 }, spentNow: 0 });
  });

  test("a second one frees what the first spent", () => {
    const { all, out, votes, verdicts } = service(6);
    all([0, 1], SILENT);
    expect(out()).toHaveLength(2);
    expect(verdicts.ledger.sums.spentNow).toBe(2);
    votes.set(idOf(0), [vote("b", "unhealthy", "silence")]);
    out();
    expect(verdicts.ledger.sums.spentNow).toBe(1);
    all([2], SILENT);
    expect(out()).toHaveLength(3);
  });
});

describe("coming back", () => {
  test("is never held, and goes along one ramp that ends", () => {
    const { all, pass, clock, out } = service(6);
    all([0], SILENT);
    expect(out()).toHaveLength(1);
    clock.advance(5_000);
    all([0], WELL);
    const back = pass({ fleetBraked: true }).get(idOf(0));
    expect(back).toMatchObject({ status: "healthy", ramp: { startMs: clock.wallMs(), ms: 10_000, step: 0.25 } });
    clock.advance(2_499);
    expect(pass().get(idOf(0))).toBe(back);
    clock.advance(5_001);
    expect(pass().get(idOf(0))?.ramp).toEqual({ ...back?.ramp, step: 1 });
    clock.advance(1_500);
    clock.advance(1_000);
    expect(pass().get(idOf(0))?.ramp).toBeUndefined();
  });

  test("goes on along a ramp that was recorded before this process started, and ends it", () => {
    const { recorded, pass, clock } = service(2);
    const startMs = clock.wallMs() - 6_000;
    recorded.set(idOf(0), { ramp: { startMs, ms: 10_000, step: 0.25 } });
    expect(pass().get(idOf(0))?.ramp).toEqual({ startMs, ms: 10_000, step: 0.75 });
    clock.advance(4_000);
    expect(pass().get(idOf(0))?.ramp).toBeUndefined();
  });

  test("of the first, where nobody else serves, has no ramp", () => {
    const { all, pass } = service(3);
    all(numbers(3), REFUSING);
    pass();
    all([0], WELL);
    expect(pass().get(idOf(0))?.ramp).toBeUndefined();
    all([1], WELL);
    expect(pass().get(idOf(1))?.ramp).toBeDefined();
  });
});

describe("callers alone", () => {
  test("cost weight and call for a check; at the floor for three seconds they take it out", () => {
    const { callers, pass, clock, probed } = service(6);
    callers.set(idOf(0), finding({ share: 0.5 }));
    expect(pass().get(idOf(0))).toMatchObject({ status: "healthy", share: 0.5 });
    expect(probed).toContain(idOf(0));
    callers.set(idOf(0), finding());
    expect(pass().get(idOf(0))).toMatchObject({ status: "healthy", share: 0.05 });
    clock.advance(3_000);
    expect(pass().get(idOf(0))?.status).toBe("unhealthy");
  });

  test("that are few, or complain of slowness, never take it out", () => {
    const { callers, pass, clock } = service(6);
    callers.set(idOf(0), finding({ agreement: "some" }));
    callers.set(idOf(1), finding({ kind: "latency" }));
    for (let look = 0; look < 100; look++) {
      clock.advance(1_000);
      expect([...pass().values()].every(({ status }) => status === "healthy")).toBe(true);
    }
  });

  test("keep it out half a minute, then twice as long; it returns by a check that passes after that", () => {
    const { callers, newest, pass, clock, probed } = service(6);
    const takeOut = () => {
      callers.set(idOf(0), finding());
      pass();
      clock.advance(3_000);
      expect(pass().get(idOf(0))?.status).toBe("unhealthy");
      callers.delete(idOf(0));
    };
    takeOut();
    clock.advance(29_000);
    newest.set(idOf(0), passedAt(clock.wallMs()));
    expect(pass().get(idOf(0))).toMatchObject({ status: "unhealthy", untilMs: clock.wallMs() + 1_000 });
    clock.advance(1_000);
    probed.length = 0;
    expect(pass().get(idOf(0))?.status).toBe("unhealthy");
    expect(probed).toEqual([idOf(0)]);
    newest.set(idOf(0), passedAt(clock.wallMs()));
    expect(pass().get(idOf(0))).toMatchObject({ status: "healthy", ramp: { ms: 10_000 } });
    takeOut();
    clock.advance(31_000);
    newest.set(idOf(0), passedAt(clock.wallMs()));
    expect(pass().get(idOf(0))?.status).toBe("unhealthy");
    clock.advance(30_000);
    newest.set(idOf(0), passedAt(clock.wallMs()));
    expect(pass().get(idOf(0))?.status).toBe("healthy");
  });
});

test("what did not change keeps its reference", () => {
  const { all, pass } = service(6);
  const before = pass();
  all([0], SILENT);
  const after = pass();
  for (const number of numbers(6).slice(1)) expect(after.get(idOf(number))).toBe(before.get(idOf(number)));
});

const anOpinion = fc.constantFrom(WELL, SILENT, COMPLAINING, REFUSING);
const aStep = fc.record({
  endpoint: fc.nat(11),
  opinion: fc.option(anOpinion, { nil: undefined }),
  witness: fc.boolean(),
  callers: fc.option(fc.constantFrom(finding(), finding({ share: 0.5 })), { nil: undefined }),
  gone: fc.boolean(),
  afterMs: fc.constantFrom(0, 500, 3_000, 20_000),
});

test("no sequence of evidence takes out more than the budget, and the ledger always adds up", () => {
  fc.assert(
    fc.property(fc.array(aStep, { maxLength: 60 }), (steps) => {
      const { opinions, votes, callers, verdicts, pass, clock } = service(12);
      for (const { endpoint, opinion, witness, callers: word, gone, afterMs } of steps) {
        const id = idOf(endpoint);
        if (gone && opinions.size > 3) opinions.delete(id);
        else if (opinion !== undefined) opinions.set(id, opinion);
        if (witness) votes.set(id, [vote("b", "unhealthy", "silence")]);
        else votes.delete(id);
        if (word === undefined) callers.delete(id);
        else callers.set(id, word);
        clock.advance(afterMs);
        const before = verdicts.ledger.sums;
        const now = pass();
        const { left, returned, unregistered, outNow, spentNow } = verdicts.ledger.sums;
        expect(left.answer + left.witnesses + left["one-witness"] - returned - unregistered).toBe(outNow);
        const out = [...now].filter(([, { status }]) => status === "unhealthy");
        const answers = out.filter(([, { refusing }]) => refusing);
        expect(out.length).toBeGreaterThanOrEqual(outNow);
        // Five minutes never pass in these steps without somebody coming back, but for the longest ones.
        if (clock.nowMs() < 300_000) {
          if (spentNow > before.spentNow) expect(spentNow).toBeLessThanOrEqual(mayLeaveAtOnce(STANDARD, 12));
          if (left.witnesses > before.left.witnesses) expect(out.length - answers.length).toBeLessThanOrEqual(mayBeOut(12));
        }
      }
    }),
  );
});

const STANDARD = BUDGETS.standard ?? { perMinute: 0, atOnce: 0, heldAtMostMs: 0 };
