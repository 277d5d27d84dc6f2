import { describe, expect, test } from "vitest";
import type { EndpointState } from "../endpoint/index.js";
import { stateAt } from "../endpoint/testing/state-at.js";
import { connectEjection } from "./connect-ejection.js";

function ejected(atMs: number): EndpointState {
  const state = stateAt(1);
  connectEjection.connectFailed(state, atMs);
  connectEjection.connectFailed(state, atMs);
  return state;
}

describe("ejection by connect failures", () => {
  test("one failure ejects nobody, and a connect in between starts the count again", () => {
    const state = stateAt(1);
    connectEjection.connectFailed(state, 0);
    connectEjection.connected(state);
    connectEjection.connectFailed(state, 0);
    expect(connectEjection.passesOver(state, 0)).toBe(false);
  });

  test("two in a row eject for a second", () => {
    const state = ejected(100);
    expect(connectEjection.passesOver(state, 1_099)).toBe(true);
    expect(connectEjection.passesOver(state, 1_100)).toBe(false);
  });

  test("after its time exactly one probe goes there, and its success lets everyone back", () => {
    const state = ejected(0);
    expect(connectEjection.picked(state, 1_000)).toBe(true);
    expect(connectEjection.passesOver(state, 1_000)).toBe(true);
    expect(connectEjection.picked(state, 1_000)).toBe(false);
    connectEjection.connected(state);
    expect(connectEjection.passesOver(state, 1_000)).toBe(false);
    expect(connectEjection.picked(state, 1_000)).toBe(false);
  });

  test("a probe that ends without an answer leaves the place to another", () => {
    const state = ejected(0);
    connectEjection.picked(state, 1_000);
    connectEjection.probeLost(state);
    expect(connectEjection.passesOver(state, 1_001)).toBe(false);
    expect(connectEjection.picked(state, 1_001)).toBe(true);
  });

  test("failed probes double the time up to thirty seconds", () => {
    const state = ejected(0);
    const lengths: number[] = [];
    for (let probe = 0; probe < 7; probe++) {
      const nowMs = state.ejectedUntilMs;
      connectEjection.picked(state, nowMs);
      connectEjection.connectFailed(state, nowMs);
      lengths.push(state.ejectedUntilMs - nowMs);
    }
    expect(lengths).toEqual([2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });

  test("failures of requests begun before the ejection do not lengthen it", () => {
    const state = ejected(0);
    for (let late = 0; late < 20; late++) connectEjection.connectFailed(state, 10);
    expect(state.ejectedUntilMs).toBe(1_000);
    expect(state.ejections).toBe(1);
  });
});
