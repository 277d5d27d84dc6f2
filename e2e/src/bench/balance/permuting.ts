import { seeded } from "@fairlead/shared";
import type { PickPolicy } from "@fairlead/sidecar/endpoint";
import { Caller, endpointsOf, shuffled } from "./caller.js";
import { EventClock } from "./event-clock.js";

const ENDPOINTS = 1_000;
const PERMUTATIONS = 100;
const PICKS = 200;

/** Two callers with the same history; one gets the same list over and over in another order. How much differs of what they then do and know. */
export function permuting(policy: PickPolicy): { readonly changed: number; readonly lost: number } {
  const clock = new EventClock();
  const [kept, permuted] = [1, 1].map((seed) => new Caller({ policy, clock, seed })) as [Caller, Caller];
  const order = seeded(2);
  const weights = seeded(3);
  const endpoints = endpointsOf(ENDPOINTS).map((endpoint) => ({ ...endpoint, weight: 1 + Math.floor(weights.next() * 300) }));
  kept.endpointsAre(endpoints);
  permuted.endpointsAre(endpoints);
  const known = new Map(permuted.states.map((state) => [state.endpoint.id, state]));
  let changed = 0;
  let lost = 0;
  for (let round = 0; round < PERMUTATIONS; round++) {
    permuted.endpointsAre(shuffled(endpoints, order));
    for (const state of permuted.states) if (known.get(state.endpoint.id) !== state) lost++;
    for (let pick = 0; pick < PICKS; pick++) {
      const hash = Math.imul(round * PICKS + pick, 0x9e37_79b1) >>> 0;
      const [one, other] = [kept.pick(hash), permuted.pick(hash)];
      if (one.endpoint.endpoint.id !== other.endpoint.endpoint.id) changed++;
      // Some end at once, some late, some badly: histories that matter.
      const tookMs = 1 + (hash % 50);
      clock.schedule(tookMs, () => {
        for (const lease of [one, other]) lease.release({ kind: "success", status: hash % 97 === 0 ? 503 : 200 }, clock.nowMs());
      });
      clock.runTo(clock.nowMs() + 1);
    }
  }
  return { changed, lost };
}
