import { seeded } from "@fairlead/shared";
import type { EndpointState, PickPolicy } from "@fairlead/sidecar/endpoint";
import { Caller, endpointsOf } from "./caller.js";
import { EventClock } from "./event-clock.js";

/** Of each the least of several stretches of this thread's own time: others use the machine as well. */
const STRETCHES = 7;
const STRETCH_MICROS = 40_000;
const BATCH = 100;

export const SIZES = [10, 1_000, 10_000] as const;

/** Nanoseconds for a pick, its lease and its release. */
export function nsPerPick(policy: PickPolicy, size: number): number {
  const clock = new EventClock();
  const caller = new Caller({ policy, clock, seed: 51 });
  caller.endpointsAre(endpointsOf(size));
  let request = 0;
  return least(() => {
    const lease = caller.pick(Math.imul(request++, 0x9e37_79b1) >>> 0);
    lease.release({ kind: "success", status: 200 }, 0);
  });
}

/** What is written first: going through all of them, without leases, exclusions or ejection. */
export function nsPerNaivePick(policy: PickPolicy, size: number): number {
  const caller = new Caller({ policy: "random", clock: new EventClock(), seed: 52 });
  caller.endpointsAre(endpointsOf(size));
  const states = [...caller.states];
  let request = 0;
  return least(() => {
    const state = NAIVE[policy](states, Math.imul(request++, 0x9e37_79b1) >>> 0);
    state.inFlight++;
    state.inFlight--;
  });
}

const rng = seeded(53);
type Naive = (states: readonly EndpointState[], hash: number) => EndpointState;

function leastOf(states: readonly EndpointState[], of: (state: EndpointState) => number): EndpointState {
  let best = states[0] as EndpointState;
  for (const state of states) if (of(state) < of(best)) best = state;
  return best;
}

/** Rendezvous hashing: the simplest that moves 1/n of the keys. */
function rendezvous(states: readonly EndpointState[], hash: number): EndpointState {
  return leastOf(
    states,
    ({ endpoint }) => Math.imul(hash ^ (endpoint.port + endpoint.ip.length * 31 + endpoint.ip.charCodeAt(3)), 0x85eb_ca6b) >>> 0,
  );
}

/** nginx's running credits. */
function inTurn(states: readonly EndpointState[]): EndpointState {
  let total = 0;
  let best = states[0] as EndpointState;
  for (const state of states) {
    state.turnDue = (Number.isNaN(state.turnDue) ? 0 : state.turnDue) + state.endpoint.weight;
    total += state.endpoint.weight;
    if (state.turnDue > best.turnDue) best = state;
  }
  best.turnDue -= total;
  return best;
}

const NAIVE: Readonly<Record<PickPolicy, Naive>> = {
  "round-robin": inTurn,
  "reported-round-robin": inTurn,
  "least-request": (states) => leastOf(states, (state) => state.inFlight / state.endpoint.weight),
  "peak-ewma": (states) => leastOf(states, (state) => (state.latencyMs || 1) * (state.inFlight + 1)),
  random: (states) => {
    let point = rng.next() * states.reduce((sum, { endpoint }) => sum + endpoint.weight, 0);
    for (const state of states) {
      point -= state.endpoint.weight;
      if (point < 0) return state;
    }
    return states[0] as EndpointState;
  },
  "ring-hash": rendezvous,
  maglev: rendezvous,
};

function least(pick: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let stretch = 0; stretch < STRETCHES; stretch++) {
    const began = process.cpuUsage();
    let picks = 0;
    let tookMicros = 0;
    while (tookMicros < STRETCH_MICROS) {
      for (let each = 0; each < BATCH; each++) pick();
      picks += BATCH;
      tookMicros = process.cpuUsage(began).user;
    }
    best = Math.min(best, (tookMicros * 1e3) / picks);
  }
  return Math.round(best);
}
