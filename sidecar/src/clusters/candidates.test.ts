import { seeded } from "@fairlead/shared";
import { describe, expect, test } from "vitest";
import { BalancerMemory, newPicker } from "../balancer/index.js";
import type { Assignment, ClusterConfig, EndpointState, UpstreamEndpoint } from "../endpoint/index.js";
import { assignmentOf, clusterConfig } from "../endpoint/testing/cluster.js";
import { pickingBy } from "../endpoint/testing/picking.js";
import { stateAt } from "../endpoint/testing/state-at.js";
import { connectEjection } from "../resilience/index.js";
import { candidatesOf } from "./candidates.js";

interface Facts {
  readonly config?: Partial<ClusterConfig>;
  readonly assignment?: Partial<Assignment>;
}

const at = (octet: number, change: Partial<UpstreamEndpoint> = {}): EndpointState => {
  const state = stateAt(octet);
  state.endpoint = { ...state.endpoint, ...change };
  return state;
};

function candidates(states: readonly EndpointState[], { config = {}, assignment = {} }: Facts = {}) {
  const endpoints = states.map(({ endpoint }) => endpoint);
  return candidatesOf(states, {
    config: clusterConfig({ picking: pickingBy("random"), ...config }),
    assignment: assignmentOf(endpoints, assignment),
    verdictsExpired: false,
    standby: [],
  });
}

/** `share% octet octet` by group. */
const told = (states: readonly EndpointState[], facts: Facts = {}) =>
  candidates(states, facts).groups.map(
    ({ share, endpoints }) => `${Math.round(share * 100)}% ${endpoints.map(({ endpoint }) => endpoint.ip.split(".")[3]).join(" ")}`,
  );

describe("priorities", () => {
  test("beyond what carries everything are the reserve", () => {
    expect(told([at(1), at(2), at(3, { priority: 1 })])).toEqual(["100% 1 2", "0% 3"]);
  });

  test("lose what drains to the next one, but do not panic for it", () => {
    const draining = [1, 2, 3].map((octet) => at(octet, { health: "draining" }));
    expect(told([...draining, at(4), at(5, { priority: 1 })])).toEqual(["35% 4", "65% 5"]);
    expect(candidates([...draining, at(4)])).toMatchObject({ mode: "healthy", endpoints: [{}] });
  });

  test("count weights where the assignment says so, and use its overprovisioning", () => {
    const states = [at(1, { weight: 300 }), at(2, { health: "unhealthy" }), at(3, { priority: 1 })];
    expect(told(states)).toEqual(["70% 1", "30% 3"]);
    expect(told(states, { assignment: { countsWeights: true } })).toEqual(["100% 1", "0% 3"]);
    expect(told(states, { assignment: { overprovisioningPercent: 100 } })).toEqual(["50% 1", "50% 3"]);
  });

  test("in panic take everybody that does not drain, and say so", () => {
    const states = [at(1), ...[2, 3, 4, 5].map((octet) => at(octet, { health: "unhealthy" })), at(6, { health: "draining" })];
    const reserve = [at(7, { priority: 1 }), at(8, { priority: 1, health: "unhealthy" })];
    expect(told([...states, ...reserve])).toEqual(["25% 1 2 3 4 5", "75% 7"]);
    expect(candidates([...states, ...reserve]).mode).toBe("panic");
  });
});

describe("localities", () => {
  const zone = (name: string, localityWeight: number, octets: readonly number[], change: Partial<UpstreamEndpoint> = {}) =>
    octets.map((octet) => at(octet, { zone: name, localityWeight, ...change }));
  const weighed = { config: { weighsLocalities: true } };

  test("share by weight where the cluster says so, whatever the number of their endpoints", () => {
    const states = [...zone("a", 1, [1]), ...zone("b", 3, [2, 3])];
    expect(told(states, weighed)).toEqual(["25% 1", "75% 2 3"]);
    expect(told(states)).toEqual(["100% 1 2 3"]);
  });

  test("keep what is left of them can carry, and the others the rest", () => {
    const states = [...zone("a", 1, [1]), ...zone("a", 1, [2, 3, 4], { health: "unhealthy" }), ...zone("b", 1, [5, 6, 7, 8, 9, 10])];
    expect(told(states, weighed)).toEqual(["26% 1", "74% 5 6 7 8 9 10"]);
  });

  test("without weight get nothing, and are one where none has any", () => {
    expect(told([...zone("a", 0, [1]), ...zone("b", 3, [2])], weighed)).toEqual(["100% 2"]);
    expect(told([...zone("a", 0, [1]), ...zone("b", 0, [2])], weighed)).toEqual(["100% 1 2"]);
  });

  test("are told apart by their sub-zone too", () => {
    expect(told([...zone("a", 1, [1]), ...zone("a", 1, [2], { subZone: "x" })], weighed)).toEqual(["50% 2", "50% 1"].sort());
  });
});

describe("a picker over the groups", () => {
  const pickerOver = (states: readonly EndpointState[], policy: "random" | "maglev" = "random") =>
    newPicker(
      { picking: pickingBy(policy), groups: candidates(states).groups },
      { rng: seeded(3), ejection: connectEjection, memory: new BalancerMemory() },
    );

  test("gives each its share", () => {
    const states = [at(1), at(2, { health: "unhealthy" }), at(3, { priority: 1 })];
    for (const policy of ["random", "maglev"] as const) {
      const picker = pickerOver(states, policy);
      // A binomial: n = 2,000, p = 0.3, sd 20.5; 5 sd are 103.
      const before = states[2]?.inFlight ?? 0;
      for (let hash = 0; hash < 2_000; hash++) picker.pick({ nowMs: 0, exclude: [], hash: Math.imul(hash, 0x9e37_79b9) >>> 0 });
      expect(Math.abs((states[2]?.inFlight ?? 0) - before - 600)).toBeLessThan(103);
    }
  });

  test("turns to the reserve before it picks whom it could not reach, or whom the request has tried", () => {
    const [first, reserve] = [at(1), at(2, { priority: 1 })];
    const picker = pickerOver([first, reserve]);
    const pickedWith = (exclude: readonly EndpointState[]) => {
      const pick = picker.pick({ nowMs: 0, exclude: exclude.map(({ endpoint }) => endpoint.id) });
      return pick.kind === "picked" ? pick.lease.endpoint : undefined;
    };
    expect(pickedWith([])).toBe(first);
    expect(pickedWith([first])).toBe(reserve);
    first.ejectedUntilMs = 1_000;
    expect(pickedWith([])).toBe(reserve);
    reserve.ejectedUntilMs = 1_000;
    expect(pickedWith([])).toBe(first);
  });
});
