// The check of one endpoint: when it is probed, and what became of it.

import type { Clock, EndpointId, Rng, ServiceName, Timer } from "@fairlead/shared";
import type { CheckSettings } from "../../config/index.js";
import type { CheckResult, Opinion } from "../opinion.js";
import type { CheckMetrics } from "./check-metrics.js";
import type { ActiveCheck, Probe, ProbeAnswer } from "./probe.js";
import type { ProbeSlots } from "./probe-slots.js";
import { type CheckState, fold, unknownHealth } from "./rise-fall.js";
import { nextProbeInMs, phaseOf } from "./schedule.js";

/** What was known is believed this long, and this many intervals, while no probe gets through. */
const EXPIRES_MS = 60_000;
const EXPIRES_INTERVALS = 10;

export interface CheckTarget {
  readonly service: ServiceName;
  readonly id: EndpointId;
  readonly ip: string;
  readonly port: number;
  /** Which process is registered there; undefined where its source does not say. */
  readonly instance: string | undefined;
}

export interface EndpointCheckDeps {
  readonly probe: Probe;
  readonly slots: ProbeSlots;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly metrics: CheckMetrics;
  /** After every step of the state, with the health before it. */
  readonly changed: (check: EndpointCheck, before: Opinion) => void;
}

export class EndpointCheck {
  #target: CheckTarget;
  readonly #deps: EndpointCheckDeps;
  #check: CheckSettings;
  #state: CheckState;
  /** Goes up when what is under way stops mattering: an answer of an earlier round is ignored. */
  #round = 0;
  #timer: Timer | undefined;
  /** When the newest probe began, on the monotonic clock. */
  #sentMs = Number.NEGATIVE_INFINITY;
  /** When a probe said something last. */
  #heardMs = Number.NEGATIVE_INFINITY;
  /** The next quiet probe takes the endpoint to its own phase of the interval. */
  #spread = true;

  constructor(target: CheckTarget, check: CheckSettings, deps: EndpointCheckDeps) {
    this.#target = target;
    this.#deps = deps;
    this.#check = check;
    this.#state = this.#blank("not checked yet");
    this.#probeNow();
  }

  get target(): CheckTarget {
    return this.#target;
  }

  get health(): Opinion {
    return this.#state.health;
  }

  /**
   * Other settings: the status stands, the counts begin anew, and the first probe by the new rules comes at the endpoint's
   * phase of the interval, so that a reload is no burst.
   */
  useCheck(check: CheckSettings): void {
    const before = this.#check;
    this.#abandon();
    this.#check = check;
    if (check.type === "none" || before.type === "none" || this.health.status === "unknown") {
      this.#become(this.#blank("not checked yet"));
      this.#probeNow();
      return;
    }
    const health = { ...this.health, last: undefined, disagreeing: 0 };
    this.#become({ ...this.#state, health, refusedOnce: false });
    this.#probeIn(this.#phaseMs(check));
  }

  /** Another process stands behind the address: what was known belongs to the old one. */
  startAfresh(because: string, instance: string): void {
    this.#target = { ...this.#target, instance };
    this.#abandon();
    this.#become(this.#blank(because));
    this.#probeNow();
  }

  /** Its source says which process it is, and did not before. */
  isNow(instance: string): void {
    this.#target = { ...this.#target, instance };
  }

  /** One more, unless a probe is under way or began within the fast interval. */
  probeSoon(): void {
    const check = this.#check;
    if (check.type === "none" || this.#timer === undefined) return;
    if (this.#deps.clock.nowMs() - this.#sentMs < check.fastIntervalMs) return;
    this.#timer.cancel();
    this.#timer = undefined;
    this.#probeNow();
  }

  stop(): void {
    this.#abandon();
  }

  #blank(because: string): CheckState {
    return unknownHealth(this.#check.type === "none" ? "no check configured" : because, this.#deps.clock.wallMs());
  }

  #abandon(): void {
    this.#round += 1;
    this.#spread = true;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #become(next: CheckState): void {
    const before = this.#state.health;
    this.#state = next;
    this.#deps.changed(this, before);
  }

  #probeIn(delayMs: number): void {
    this.#timer = this.#deps.clock.schedule(delayMs, () => {
      this.#timer = undefined;
      this.#probeNow();
    });
  }

  #probeNow(): void {
    if (this.#check.type === "none") return;
    const round = this.#round;
    this.#deps.slots.submit((release) => this.#send(round, release), this.#state.refusedOnce);
  }

  #send(round: number, release: () => void): void {
    const check = this.#check;
    if (round !== this.#round || check.type === "none") {
      release();
      return;
    }
    const { clock, probe } = this.#deps;
    const startMs = clock.nowMs();
    this.#sentMs = startMs;
    const arrived = (answer: ProbeAnswer) => {
      if (round === this.#round) this.#take(answer, check, clock.nowMs() - startMs);
      release();
    };
    const { service, ip, port, instance } = this.#target;
    probe.send({ service, ip, port, check, ...(instance === undefined ? {} : { instance }) }).then(arrived, (error: unknown) => {
      arrived({ outcome: "not-sent", detail: String(error) });
    });
  }

  #take({ outcome, detail }: ProbeAnswer, check: ActiveCheck, tookMs: number): void {
    // A timer that fires this late was held up by our own event loop, and so was the answer it waited for.
    const tooLate = outcome === "timeout" && tookMs - check.timeoutMs > check.timeoutMs;
    if (outcome === "not-sent" || tooLate) {
      this.#discard(tooLate ? "this process was too busy to hear the answer" : `the probe could not be sent: ${detail}`, check, tookMs);
      return;
    }
    this.#deps.metrics.checks.add(1, { result: outcome });
    this.#heardMs = this.#deps.clock.nowMs();
    const result: CheckResult = { outcome, detail, atMs: this.#deps.clock.wallMs(), tookMs };
    this.#become(fold(this.#state, result, check));
    this.#probeIn(Math.max(0, this.#nextMs(check) - tookMs));
  }

  /** A probe that says nothing about its target: it counts for nobody, and another follows. */
  #discard(because: string, check: ActiveCheck, tookMs: number): void {
    this.#deps.metrics.starved.add();
    const { health } = this.#state;
    const expiresMs = Math.max(EXPIRES_MS, EXPIRES_INTERVALS * check.intervalMs);
    if (health.status !== "unknown" && this.#deps.clock.nowMs() - this.#heardMs >= expiresMs) {
      this.#become(this.#blank(because));
    } else if (health.status === "unknown") this.#become({ ...this.#state, health: { ...health, because } });
    this.#probeIn(Math.max(0, check.fastIntervalMs - tookMs));
  }

  #nextMs(check: ActiveCheck): number {
    if (!this.#spread || this.#state.refusedOnce || this.health.disagreeing > 0) return nextProbeInMs(this.#state, check, this.#deps.rng);
    this.#spread = false;
    return this.#phaseMs(check);
  }

  #phaseMs(check: ActiveCheck): number {
    return phaseOf(this.#target.service, this.#target.id) * check.intervalMs;
  }
}
