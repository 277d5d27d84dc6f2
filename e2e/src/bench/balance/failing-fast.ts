import { seeded } from "@fairlead/shared";
import type { PickPolicy } from "@fairlead/sidecar/endpoint";
import { arrivals, Caller, endpointsOf } from "./caller.js";
import { EventClock } from "./event-clock.js";

const HOSTS = 10;
const PER_SECOND = 1_000;
const WORKS_MS = 50;
const FAILS_MS = 1;
const BREAKS_AT_MS = 10_000;
const GRACE_MS = 2_000;
const END_MS = 72_000;

/** One of ten hosts answers 503 within a millisecond instead of 200 in fifty. Its share of the traffic from two seconds later on, for a minute. */
export function failingFastShare(policy: PickPolicy): number {
  const clock = new EventClock();
  const caller = new Caller({ policy, clock, seed: 21 });
  caller.endpointsAre(endpointsOf(HOSTS));
  const jitter = seeded(22);
  let all = 0;
  let failed = 0;
  const arrive = () => {
    const lease = caller.pick();
    const isBroken = lease.endpoint === caller.states[0] && clock.nowMs() >= BREAKS_AT_MS;
    const tookMs = isBroken ? FAILS_MS : WORKS_MS * (0.5 + jitter.next());
    clock.schedule(tookMs, () => lease.release({ kind: "success", status: isBroken ? 503 : 200 }, clock.nowMs()));
    if (clock.nowMs() < BREAKS_AT_MS + GRACE_MS) return;
    all++;
    if (isBroken) failed++;
  };
  arrivals(clock, { perSecond: PER_SECOND, untilMs: END_MS, rng: seeded(23) }, arrive);
  clock.runTo(END_MS + 1_000);
  return failed / all;
}
