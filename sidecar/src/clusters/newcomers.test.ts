import { describe, expect, test } from "vitest";
import type { EndpointState, SlowStart, UpstreamEndpoint } from "../endpoint/index.js";
import { stateAt } from "../endpoint/testing/state-at.js";
import { welcome } from "./newcomers.js";

const SLOW: SlowStart = { windowMs: 10_000, aggression: 1, leastPercent: 10 };
const moment = (nowMs: number) => ({ nowMs, wallMs: 1_000_000 + nowMs });

interface Facts {
  readonly isKnownService?: boolean;
  readonly slowStart?: SlowStart | undefined;
  readonly atMs?: number;
}

/** What `clusters` does when an assignment says `change` of the endpoint. */
function told(state: EndpointState, change: Partial<UpstreamEndpoint>, facts: Facts = {}, isNew = false): void {
  const before = isNew ? undefined : state.endpoint;
  state.endpoint = { ...state.endpoint, ...change };
  const { isKnownService = true, slowStart = undefined, atMs = 0 } = facts;
  welcome(state, { before, isKnownService, slowStart }, moment(atMs));
}

describe("slow start by the cluster", () => {
  test("grows from a tenth to all over the window, for whom this sidecar sees join", () => {
    const state = stateAt(1);
    told(state, {}, { slowStart: SLOW }, true);
    expect([0, 1_000, 5_000, 9_999, 10_000].map((at) => state.rampShare(at))).toEqual([0.1, 0.1, 0.5, 0.9999, 1]);
  });

  test("is not for those that are there when the sidecar starts: they are not new, we are", () => {
    const state = stateAt(1);
    told(state, {}, { slowStart: SLOW, isKnownService: false }, true);
    expect([state.rampShare(0), state.isNewcomer(0)]).toEqual([1, false]);
  });

  test("begins when an endpoint is healthy again, and not when anything else changes", () => {
    const state = stateAt(1);
    told(state, { weight: 50 }, { slowStart: SLOW });
    expect(state.rampShare(0)).toBe(1);
    told(state, { health: "unhealthy" }, { slowStart: SLOW });
    told(state, { health: "healthy" }, { slowStart: SLOW, atMs: 500 });
    expect([state.rampShare(500), state.isNewcomer(500)]).toEqual([0.1, true]);
  });

  test("takes its shape from aggression and the least share", () => {
    const state = stateAt(1);
    told(state, {}, { slowStart: { windowMs: 10_000, aggression: 2, leastPercent: 20 } }, true);
    expect([0, 2_500, 6_400].map((at) => state.rampShare(at))).toEqual([0.2, 0.5, 0.8]);
  });
});

describe("a ramp recorded by the control plane", () => {
  const ramp = (startedMs: number, windowMs = 10_000) => ({ ramp: { startMs: 1_000_000 + startedMs, windowMs } });

  test("goes on where it is, also when this sidecar starts in the middle of it", () => {
    const state = stateAt(1);
    told(state, ramp(-4_000), { isKnownService: false, slowStart: SLOW }, true);
    expect([state.rampShare(0), state.rampShare(2_000)]).toEqual([0.4, 0.6]);
  });

  test("is over when its time is, and is not begun again by another look at it", () => {
    const state = stateAt(1);
    told(state, ramp(-10_000), {}, true);
    expect(state.rampShare(0)).toBe(1);
    told(state, ramp(-2_000));
    told(state, { ...ramp(-2_000), weight: 7 }, { atMs: 3_000 });
    expect(state.rampShare(3_000)).toBe(0.5);
  });

  test("that starts in the future starts now: another clock may not keep an endpoint out", () => {
    const state = stateAt(1);
    told(state, ramp(60_000), {}, true);
    expect(state.rampShare(5_000)).toBe(0.5);
  });

  test("ends with the record", () => {
    const state = stateAt(1);
    told(state, ramp(0), {}, true);
    told(state, { ramp: undefined }, { atMs: 10 });
    expect(state.rampShare(10)).toBe(1);
  });
});

test("whoever joins a known service is a newcomer for ten seconds", () => {
  const state = stateAt(1);
  told(state, {}, {}, true);
  expect([state.isNewcomer(9_999), state.isNewcomer(10_000)]).toEqual([true, false]);
});
