import { below, type Rng, seeded } from "@fairlead/shared";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type EndpointState, PICK_POLICIES, type PickPolicy, type TryFailure } from "../endpoint/index.js";
import { pickingBy } from "../endpoint/testing/picking.js";
import { stateAt } from "../endpoint/testing/state-at.js";
import { BalancerMemory } from "./balancer-memory.js";
import { hashText } from "./hash.js";
import { newPicker } from "./new-picker.js";
import type { Ejection, Lease, Outcome, PickContext, Picker } from "./picker.js";

const OK: Outcome = { kind: "success", status: 200 };
const REFUSED: Outcome = { kind: "failure", code: "connect-refused", sent: false };

/** Passes over what a test says, and remembers what it was told. */
class ToldEjection implements Ejection {
  readonly out = new Set<EndpointState>();
  readonly heard: string[] = [];
  probeNext = false;
  passesOver(endpoint: EndpointState): boolean {
    return this.out.has(endpoint);
  }
  picked(): boolean {
    return this.probeNext;
  }
  answered(): "none" {
    this.heard.push("answered");
    return "none";
  }
  failed(_: EndpointState, how: TryFailure): "none" {
    this.heard.push(how);
    return "none";
  }
  probeLost(): void {
    this.heard.push("probe-lost");
  }
}

/** A policy, and whether requests bring a key. */
interface Case {
  readonly policy: PickPolicy;
  readonly keyed: boolean;
}

const HASHING: readonly PickPolicy[] = ["ring-hash", "maglev"];
const CASES: readonly (readonly [string, Case])[] = PICK_POLICIES.flatMap((policy): (readonly [string, Case])[] => {
  const without = [policy, { policy, keyed: false }] as const;
  return HASHING.includes(policy) ? [without, [`${policy} with keys`, { policy, keyed: true }]] : [without];
});

/** Precise enough for shares, and quick to make: hundreds are. */
const SMALL_TABLES = { tableSize: 2_039, ringSize: { least: 1_024, most: 2_048 } };

interface MakeOptions {
  readonly seed?: number;
  readonly rng?: Rng;
  readonly ejection?: Ejection;
  readonly memory?: BalancerMemory;
}

/** A picker whose requests have a key each, where the case says so: request after request, as a script of them would. */
function pickerOf({ policy, keyed }: Case, candidates: readonly EndpointState[], options: MakeOptions = {}): Picker {
  const { seed = 1, rng = seeded(seed), ejection = new ToldEjection(), memory = new BalancerMemory() } = options;
  const picker = newPicker(
    { picking: pickingBy(policy, SMALL_TABLES), groups: [{ share: 1, endpoints: candidates }] },
    { rng, ejection, memory },
  );
  let requests = 0;
  if (!keyed) return picker;
  return { pick: (context: PickContext) => picker.pick({ ...context, hash: hashText(`key ${requests++}`) }) };
}

function lease(picker: Picker, exclude: readonly EndpointState[] = []): Lease {
  const pick = picker.pick({ nowMs: 0, exclude: exclude.map((state) => state.endpoint.id) });
  if (pick.kind === "refused") throw new Error(`refused: ${pick.reason}`);
  return pick.lease;
}

function pickAndRelease(picker: Picker, exclude: readonly EndpointState[] = []): EndpointState {
  const taken = lease(picker, exclude);
  taken.release(OK, 0);
  return taken.endpoint;
}

function shuffled<T>(items: readonly T[], seed: number): T[] {
  const rng = seeded(seed);
  const left = [...items];
  return items.map(() => left.splice(below(rng, left.length), 1)[0] as T);
}

/** Requests one after another mixed with requests held for a while: the same script gives comparable picks. */
function script(picker: Picker, steps: number): string[] {
  const held: Lease[] = [];
  const picks: string[] = [];
  for (let step = 0; step < steps; step++) {
    const taken = lease(picker);
    picks.push(taken.endpoint.endpoint.id);
    held.push(taken);
    if (held.length > 5) held.shift()?.release(OK, 0);
  }
  for (const taken of held) taken.release(OK, 0);
  return picks;
}

describe.each(CASES)("every picker: %s", (_, kind) => {
  test("an empty set refuses with no-endpoints", () => {
    expect(pickerOf(kind, []).pick({ nowMs: 0, exclude: [] })).toEqual({ kind: "refused", reason: "no-endpoints" });
  });

  test("the time of a try counts when it got a connection, and not when it was refused or given up", () => {
    const state = stateAt(1);
    const picker = pickerOf(kind, [state]);
    lease(picker).release(OK, 30);
    lease(picker).release({ kind: "success", status: 503 }, 12);
    lease(picker).release(REFUSED, 500);
    lease(picker).release({ kind: "abandoned" }, 500);
    lease(picker).release({ kind: "failure", code: "timeout", sent: true }, 100);
    lease(picker).release({ kind: "failure", code: "reset", sent: true }, 200);
    expect(state.tookMs).toBe(342);
    expect(state.latencies?.count).toBe(4);
    expect([state.connectFailuresTotal, state.failures, state.timeouts, state.broken]).toEqual([1, 3, 1, 1]);
  });

  // 6,000 requests one at a time over weights 1:2:3. Round robin is off by less than 2 per endpoint. Least request draws by
  // weight when idle, a binomial: sd = sqrt(6000 * 1/2 * 1/2) = 39 for the largest share, so 5 sd = 194 fails once in 10^6 seeds.
  test("idle requests are shared by weight", () => {
    for (const count of [3, 6]) {
      const states = Array.from({ length: count }, (_, index) => stateAt(index + 1, ((index % 3) + 1) * 100));
      const picker = pickerOf(kind, states);
      const total = states.reduce((sum, state) => sum + state.endpoint.weight, 0);
      for (let request = 0; request < 6_000; request++) pickAndRelease(picker);
      for (const state of states) expect(Math.abs(state.successes - (6_000 * state.endpoint.weight) / total)).toBeLessThan(195);
    }
  });

  test("what weighs 0 is never picked", () => {
    const states = [stateAt(1, 0), stateAt(2), stateAt(3), stateAt(4), stateAt(5)];
    const picker = pickerOf(kind, states);
    for (let request = 0; request < 200; request++) pickAndRelease(picker);
    expect(states[0]?.successes).toBe(0);
    expect(pickerOf(kind, [stateAt(1, 0)]).pick({ nowMs: 0, exclude: [] }).kind).toBe("refused");
  });

  test("an excluded endpoint is never picked, not even as the last one", () => {
    const states = [stateAt(1), stateAt(2), stateAt(3), stateAt(4), stateAt(5)];
    const picker = pickerOf(kind, states);
    for (let request = 0; request < 200; request++) expect(pickAndRelease(picker, states.slice(0, 4))).toBe(states[4]);
    expect(picker.pick({ nowMs: 0, exclude: states.map((state) => state.endpoint.id) }).kind).toBe("refused");
  });

  test("an ejected endpoint is passed over until no other is left", () => {
    const states = [stateAt(1), stateAt(2), stateAt(3), stateAt(4), stateAt(5)];
    const ejection = new ToldEjection();
    const picker = pickerOf(kind, states, { seed: 3, ejection });
    for (const state of states.slice(0, 4)) ejection.out.add(state);
    for (let request = 0; request < 100; request++) expect(pickAndRelease(picker)).toBe(states[4]);
    expect(states.slice(0, 4)).toContain(pickAndRelease(picker, [states[4] as EndpointState]));
    for (const state of states) ejection.out.add(state);
    expect(states).toContain(pickAndRelease(picker));
  });

  test("permuting the list changes no pick", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 10_000 }), { minLength: 1, maxLength: 40 }), fc.nat(), (weights, seed) => {
        const make = () => weights.map((weight, index) => stateAt(index + 1, weight));
        const straight = pickerOf(kind, make(), { seed: 7 });
        const permuted = pickerOf(kind, shuffled(make(), seed), { seed: 7 });
        expect(script(permuted, 100)).toEqual(script(straight, 100));
      }),
      { numRuns: kind.keyed ? 10 : 50 },
    );
  });

  test("a new picker over the same endpoints, permuted, goes on where the old one stopped", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 10_000 }), { minLength: 1, maxLength: 40 }), fc.nat(), (weights, seed) => {
        const make = () => weights.map((weight, index) => stateAt(index + 1, weight));
        const rng = seeded(11);
        const replacedRng = seeded(11);
        const kept = make();
        const keeperMemory = new BalancerMemory();
        let keptPicker = pickerOf(kind, [], { rng: seeded(0) });
        const replaced = make();
        const memory = new BalancerMemory();
        for (let round = 0; round < 5; round++) {
          // The keeper's own memory and endpoints stay; its script of keys begins anew with each round, like the other's.
          const keeper = round === 0 || kind.keyed ? pickerOf(kind, kept, { rng, memory: keeperMemory }) : keptPicker;
          keptPicker = keeper;
          const replacer = pickerOf(kind, shuffled(replaced, seed + round), { rng: replacedRng, memory });
          expect(script(replacer, 30)).toEqual(script(keeper, 30));
        }
      }),
      { numRuns: kind.keyed ? 10 : 50 },
    );
  });

  test("a lease counts as in flight until its one release", () => {
    const state = stateAt(1);
    const picker = pickerOf(kind, [state]);
    const first = lease(picker);
    const second = lease(picker);
    expect(state.inFlight).toBe(2);
    first.release(OK, 0);
    second.release({ kind: "abandoned" }, 0);
    expect(state).toMatchObject({ inFlight: 0, successes: 1, cancelled: 1 });
    expect(() => first.release(OK, 0)).toThrow(/released twice/);
    expect(state).toMatchObject({ inFlight: 0, successes: 1 });
  });

  test("what a try has shown reaches the ejection once", () => {
    const ejection = new ToldEjection();
    const picker = pickerOf(kind, [stateAt(1)], { ejection });
    lease(picker).release(REFUSED, 0);
    lease(picker).release({ kind: "success", status: 503 }, 0);
    const begun = lease(picker);
    begun.answered(200, 0);
    begun.release(OK, 0);
    lease(picker).release({ kind: "failure", code: "reset", sent: true }, 0);
    lease(picker).release({ kind: "failure", code: "timeout", sent: true }, 0);
    lease(picker).release({ kind: "failure", code: "timeout", sent: false }, 0);
    ejection.probeNext = true;
    lease(picker).release({ kind: "abandoned" }, 0);
    expect(ejection.heard).toEqual(["connect", "answered", "answered", "broken", "timeout", "connect", "probe-lost"]);
  });

  // Ten endpoints with 10 requests in flight each; then one more, whose share is 1/11. Drawn at random that is a binomial (n = 220:
  // mean 20, sd 4.3), so 4 sd are 17; keys are drawn too. A choice of two that took its empty counter for idleness would give it
  // twice as much.
  test("a newcomer among busy endpoints is not flooded", () => {
    const states = Array.from({ length: 10 }, (_, index) => stateAt(index + 1));
    const deps = { rng: seeded(5), memory: new BalancerMemory() };
    const before = pickerOf(kind, states, deps);
    for (let request = 0; request < 100; request++) lease(before);
    const newcomer = stateAt(99);
    newcomer.newUntilMs = 10_000;
    const after = pickerOf(kind, [...states, newcomer], deps);
    for (let request = 0; request < 220; request++) pickAndRelease(after);
    expect(newcomer.successes).toBeGreaterThan(3);
    expect(newcomer.successes).toBeLessThan(37);
  });
});
