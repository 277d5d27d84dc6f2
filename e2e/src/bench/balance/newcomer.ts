import { seeded } from "@fairlead/shared";
import type { ClusterConfig, PickPolicy, UpstreamEndpoint } from "@fairlead/sidecar/endpoint";
import { arrivals, Caller, endpointOf, endpointsOf } from "./caller.js";
import { EventClock } from "./event-clock.js";

const HOSTS = 10;
const PER_SECOND = 2_000;
const REQUEST_MS = 500;
const JOINS_AT_MS = 5_000;
const WATCHED_MS = 30_000;
/** Seconds with fewer requests say nothing. */
const LEAST_REQUESTS = 1_000;
const CONNECT_MS = 2;

export interface Joining {
  readonly endpoint?: Partial<UpstreamEndpoint>;
  readonly config?: Partial<ClusterConfig>;
  /** Its share of its weight so long after it joined. */
  readonly target: (sinceMs: number) => number;
  readonly watchedMs?: number;
}

/** A ramp from a tenth to all, as Envoy's. */
export const rampOver = (windowMs: number) => (sinceMs: number) => Math.min(1, Math.max(0.1, sinceMs / windowMs));

/** An endpoint joins ten that are busy with requests of 500 ms. The most it gets in a second, as a multiple of its target. */
export function newcomerPeak(policy: PickPolicy, joining: Joining): { readonly peak: number; readonly least: number } {
  const clock = new EventClock();
  const caller = new Caller({ policy, clock, seed: 11, ...(joining.config === undefined ? {} : { config: joining.config }) });
  caller.endpointsAre(endpointsOf(HOSTS));
  const watchedMs = joining.watchedMs ?? WATCHED_MS;
  const newcomer = endpointOf(HOSTS, joining.endpoint);
  clock.schedule(JOINS_AT_MS, () => caller.endpointsAre([...endpointsOf(HOSTS), newcomer]));
  const seconds = Array.from({ length: Math.floor(watchedMs / 1_000) }, () => ({ all: 0, its: 0, targets: 0 }));
  const jitter = seeded(12);
  const arrive = () => {
    const lease = caller.pick();
    clock.schedule(CONNECT_MS, () => lease.opened());
    clock.schedule(REQUEST_MS * (0.9 + jitter.next() / 5), () => lease.release({ kind: "success", status: 200 }, clock.nowMs()));
    const sinceMs = clock.nowMs() - JOINS_AT_MS;
    const second = sinceMs < 0 ? undefined : seconds[Math.floor(sinceMs / 1_000)];
    if (second === undefined) return;
    const share = joining.target(sinceMs);
    second.all++;
    second.targets += share / (HOSTS + share);
    if (lease.endpoint.endpoint.id === newcomer.id) second.its++;
  };
  arrivals(clock, { perSecond: PER_SECOND, untilMs: JOINS_AT_MS + watchedMs, rng: seeded(13) }, arrive);
  clock.runTo(JOINS_AT_MS + watchedMs + 2 * REQUEST_MS);
  const ratios = seconds.filter(({ all }) => all >= LEAST_REQUESTS).map(({ its, targets }) => its / targets);
  return { peak: Math.max(...ratios), least: Math.min(...ratios) };
}
