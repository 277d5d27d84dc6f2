import { type Rng, seeded } from "@fairlead/shared";
import { describe, expect, test } from "vitest";
import type { Outcome } from "../balancer/index.js";
import type { ClusterTable } from "../clusters/index.js";
import type { Decision } from "./engine.js";
import { ForwardPath } from "./request-path.js";
import { clusterOf, stateAt } from "./testing/rig.js";

const ARRIVAL = {
  head: { method: "GET", hostName: "shop", path: "/", headers: [], callerTimeoutMs: Number.POSITIVE_INFINITY },
  route: { kind: "host" },
  peerIp: "127.0.0.1",
} as const;
const DEPTH = 3;
const FOR_MS = 120_000;

/** Applications one behind the other, each with a sidecar before what it calls; the last one calls what fails half of its requests. */
class Chain {
  nowMs = 0;
  asked = 0;
  /** Times that a sidecar was asked, from the outermost. */
  readonly begun = new Array<number>(DEPTH).fill(0);
  readonly #chance: Rng;
  readonly #paths: readonly ForwardPath[];

  constructor(seed: number) {
    this.#chance = seeded(seed);
    this.#paths = Array.from({ length: DEPTH }, (_, level) => {
      const endpoints = Array.from({ length: 4 }, (__, index) => stateAt(level * 10 + index + 1));
      const table: ClusterTable = new Map([["shop", clusterOf("shop", endpoints)]]);
      return new ForwardPath({ table: () => table, routing: { upstreams: new Set(["shop"]), hosts: new Map() }, rng: seeded(seed) });
    });
  }

  /** What the application in front of sidecar `level` is answered. */
  call(level = 0): number {
    const path = this.#paths[level] as ForwardPath;
    this.begun[level] = (this.begun[level] ?? 0) + 1;
    let decision: Decision = path.begin(ARRIVAL, this.nowMs);
    let status = 200;
    while (decision.kind === "try") {
      const outcome = this.#outcome(level);
      if (outcome.kind === "success") status = outcome.status;
      decision = path.outcome(decision.attempt, outcome, this.nowMs);
    }
    return decision.kind === "answer" ? decision.reply.status : status;
  }

  #outcome(level: number): Outcome {
    // An application whose own call failed says so.
    if (level + 1 < DEPTH) return { kind: "success", status: this.call(level + 1) === 200 ? 200 : 502 };
    this.asked++;
    return this.#chance.next() < 0.5 ? { kind: "failure", code: "reset", sent: true } : { kind: "success", status: 200 };
  }
}

describe("where a callee three sidecars deep fails half of its requests", () => {
  test.each([20, 100, 1_000])("it is asked at most a quarter more than callers ask, one after the other at %i a second", (perSecond) => {
    const chain = new Chain(perSecond);
    let requests = 0;
    for (; chain.nowMs < FOR_MS; chain.nowMs += 1_000 / perSecond) {
      chain.call();
      requests++;
    }
    expect(chain.asked / requests).toBeLessThanOrEqual(1.25);
    // The budget is used, not shut.
    expect(chain.asked / requests).toBeGreaterThan(1.15);
    // Only the sidecar next to the failure tries again: what is an answer to the others stays one.
    expect(chain.begun).toEqual([requests, requests, requests]);
  });
});
