import type { PickPolicy } from "@fairlead/sidecar/endpoint";
import { Caller, endpointsOf, pickingBy } from "./caller.js";
import { EventClock } from "./event-clock.js";

const KEYS = 100_000;
const HELD = 10_000;
const BALANCE_PERCENT = 125;

const keyOf = (index: number) => Math.imul(index + 1, 0x9e37_79b1) >>> 0;

/** What share of the keys moves when one of so many hosts leaves, as a multiple of the 1/n that cannot stay; over every tenth host, or ten of them. */
export function movedOverIdeal(policy: PickPolicy, hosts: number): number {
  const caller = new Caller({ policy, clock: new EventClock(), seed: 41 });
  const all = endpointsOf(hosts);
  const owners = () =>
    Array.from({ length: KEYS }, (_, index) => {
      const lease = caller.pick(keyOf(index));
      lease.release({ kind: "abandoned" }, 0);
      return lease.endpoint.endpoint.id;
    });
  caller.endpointsAre(all);
  const before = owners();
  const step = Math.max(1, Math.floor(hosts / 10));
  const leaving = all.filter((_, index) => index % step === 0);
  let moved = 0;
  for (const gone of leaving) {
    caller.endpointsAre(all.filter((endpoint) => endpoint !== gone));
    moved += owners().filter((owner, index) => owner !== before[index]).length;
  }
  return moved / leaving.length / KEYS / (1 / hosts);
}

/** Requests that last, a third of them of one key: the most that any host has, as a multiple of its share; at most 1.25 and one request. */
export function mostOverShare(policy: PickPolicy, hosts: number): { readonly bound: boolean; readonly most: number } {
  const caller = new Caller({ policy, clock: new EventClock(), seed: 42, config: { picking: pickingBy(policy, BALANCE_PERCENT) } });
  caller.endpointsAre(endpointsOf(hosts));
  let bound = true;
  let most = 0;
  for (let held = 1; held <= HELD; held++) {
    const { endpoint } = caller.pick(held % 3 === 0 ? keyOf(7) : keyOf(held));
    if (endpoint.inFlight > Math.ceil((held * BALANCE_PERCENT) / (hosts * 100))) bound = false;
    if (held > HELD / 2) most = Math.max(most, endpoint.inFlight / (held / hosts));
  }
  return { bound, most };
}
