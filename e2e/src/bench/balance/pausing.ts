import { seeded } from "@fairlead/shared";
import type { PickPolicy } from "@fairlead/sidecar/endpoint";
import { percentile } from "../percentile.js";
import { arrivals, Caller, endpointsOf } from "./caller.js";
import { EventClock } from "./event-clock.js";

const HOSTS = 100;
const PAUSING_SHARE = 0.05;
const EVERY_MS = 10_000;
const PAUSE_MS = 1_000;
const PER_SECOND = 5_000;
const WORKS_MS = 20;
const END_MS = 60_000;

export interface PauseFigures {
  readonly ejections: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** A host works at one request after another, and pauses with all of its processes now and then: connects still work, answers wait. */
class PausingHost {
  #freeAtMs = 0;
  pausedUntilMs = 0;

  /** When a request that comes now is answered. */
  answersAtMs(nowMs: number, workMs: number): number {
    this.#freeAtMs = Math.max(nowMs, this.#freeAtMs, this.pausedUntilMs) + workMs / PARALLEL;
    return this.#freeAtMs + workMs * (1 - 1 / PARALLEL);
  }
}

/** Requests a host works at side by side; at the rates above it is half busy. */
const PARALLEL = 2;

/** Every ten seconds one host in twenty stops for a second (garbage collection). Who is ejected, and what callers see. */
export function pausing(policy: PickPolicy, seed = 1): PauseFigures {
  const clock = new EventClock();
  const caller = new Caller({ policy, clock, seed: 31 * seed });
  caller.endpointsAre(endpointsOf(HOSTS));
  const hosts = new Map(caller.states.map((state) => [state, new PausingHost()]));
  const chance = seeded(32 * seed);
  const all = [...hosts.values()];
  for (let atMs = EVERY_MS; atMs < END_MS; atMs += EVERY_MS) {
    clock.schedule(atMs, () => {
      for (let paused = 0; paused < HOSTS * PAUSING_SHARE; paused++) {
        const host = all[Math.floor(chance.next() * HOSTS)];
        if (host !== undefined) host.pausedUntilMs = clock.nowMs() + PAUSE_MS;
      }
    });
  }
  const tookMs: number[] = [];
  const arrive = () => {
    const lease = caller.pick();
    const beganMs = clock.nowMs();
    const host = hosts.get(lease.endpoint) ?? new PausingHost();
    const endsMs = host.answersAtMs(beganMs, WORKS_MS * -Math.log(1 - chance.next()));
    clock.schedule(1, () => lease.opened());
    clock.schedule(endsMs - beganMs, () => {
      lease.release({ kind: "success", status: 200 }, clock.nowMs());
      tookMs.push(endsMs - beganMs);
    });
  };
  arrivals(clock, { perSecond: PER_SECOND, untilMs: END_MS, rng: seeded(33 * seed) }, arrive);
  clock.runTo(END_MS + 10_000);
  return { ejections: caller.ejections, p50Ms: percentile(tookMs, 50), p99Ms: percentile(tookMs, 99) };
}
