// Refuses new requests while this process itself is overloaded, before a byte of their bodies is read.

import type { Clock, Log, Timer } from "@fairlead/shared";
import { LIMITS, type LimitHits } from "./limits.js";

/** How this process is. In `io/`. */
export interface LoadProbe {
  /** Of the event loop: mean delay since the last call. */
  loopDelayMs(): number;
  /** Of the heap's limit, 0 to 1. */
  heapShare(): number;
}

export type ShedCause = "in-flight" | "loop-delay" | "heap-share";

export interface ShedSettings {
  readonly enabled: boolean;
  readonly maxInFlight: number;
  readonly maxLoopDelayMs: number;
  /** 0 to 1. */
  readonly maxHeapShare: number;
}

export const SHED_DEFAULTS: ShedSettings = {
  enabled: true,
  maxInFlight: LIMITS["in-flight"].value,
  maxLoopDelayMs: LIMITS["loop-delay"].value,
  maxHeapShare: LIMITS["heap-share"].value / 100,
};

/** Two samples in a row are a second: a single pause, such as a collection, is none. */
const SAMPLE_MS = 500;
const SAMPLES = 2;
/** Lower marks, so that it does not begin and end with every request. */
const IN_FLIGHT_RELEASE = 0.8;
const LOOP_DELAY_RELEASE = 0.5;
const HEAP_RELEASE = 0.1;

export interface LoadShedDeps {
  /** Without one only requests in flight count. */
  readonly probe: LoadProbe | undefined;
  readonly limits: LimitHits;
  readonly clock: Clock;
  readonly log: Log;
}

export class LoadShed {
  readonly #settings: ShedSettings;
  readonly #deps: LoadShedDeps;
  /** What it sheds for, and since when (wall clock). Empty while it does not. */
  readonly #since = new Map<ShedCause, number>();
  #mode: "auto" | "off";
  #inFlight = 0;
  #refused = 0;
  #delayed = 0;
  #prompt = 0;
  #loopDelayMs = 0;
  #heapShare = 0;
  #timer: Timer | undefined;

  constructor(settings: ShedSettings, deps: LoadShedDeps) {
    this.#settings = settings;
    this.#deps = deps;
    this.#mode = settings.enabled ? "auto" : "off";
  }

  /** Begins to look at the process. */
  start(): void {
    if (this.#deps.probe === undefined) return;
    this.#timer = this.#deps.clock.schedule(SAMPLE_MS, () => {
      this.#sample();
      this.start();
    });
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  get isShedding(): boolean {
    return this.#since.size > 0;
  }

  /** Asked for every new request. */
  refuses(): boolean {
    if (this.#inFlight >= this.#settings.maxInFlight && this.#mode === "auto") this.#begin("in-flight");
    if (!this.isShedding) return false;
    this.#refused++;
    return true;
  }

  entered(): void {
    this.#inFlight++;
  }

  left(): void {
    this.#inFlight--;
    if (this.#since.size !== 0 && this.#inFlight <= this.#settings.maxInFlight * IN_FLIGHT_RELEASE) this.#end("in-flight");
  }

  /** For people, in the middle of a sentence. */
  get why(): string {
    return [...this.#since.keys()].map((cause) => this.#words(cause)).join("; ");
  }

  /** An operator's word: `off` ends it now and for as long as this process lives, or until `auto`. */
  setMode(mode: "auto" | "off"): void {
    if (mode === this.#mode) return;
    this.#mode = mode;
    this.#deps.log.warn("load-shed-mode", { mode });
    if (mode === "off") for (const cause of [...this.#since.keys()]) this.#end(cause);
  }

  view() {
    return {
      mode: this.#mode,
      shedding: this.#since.size > 0,
      causes: [...this.#since].map(([cause, sinceMs]) => ({ cause, since: new Date(sinceMs).toISOString(), because: this.#words(cause) })),
      inFlight: this.#inFlight,
      loopDelayMs: Math.round(this.#loopDelayMs),
      heapPercent: Math.round(this.#heapShare * 100),
      refused: this.#refused,
    };
  }

  #sample(): void {
    const { probe } = this.#deps;
    if (probe === undefined) return;
    const { maxLoopDelayMs, maxHeapShare } = this.#settings;
    this.#loopDelayMs = probe.loopDelayMs();
    this.#heapShare = probe.heapShare();
    if (this.#mode === "off") return;
    this.#delayed = this.#loopDelayMs >= maxLoopDelayMs ? this.#delayed + 1 : 0;
    this.#prompt = this.#loopDelayMs < maxLoopDelayMs * LOOP_DELAY_RELEASE ? this.#prompt + 1 : 0;
    if (this.#delayed >= SAMPLES) this.#begin("loop-delay");
    else if (this.#prompt >= SAMPLES) this.#end("loop-delay");
    if (this.#heapShare >= maxHeapShare) this.#begin("heap-share");
    else if (this.#heapShare < maxHeapShare - HEAP_RELEASE) this.#end("heap-share");
  }

  #begin(cause: ShedCause): void {
    if (this.#since.has(cause)) return;
    this.#since.set(cause, this.#deps.clock.wallMs());
    this.#deps.limits.hit(cause);
    this.#deps.log.warn("load-shed-began", { cause, because: this.#words(cause) });
  }

  #end(cause: ShedCause): void {
    const sinceMs = this.#since.get(cause);
    if (sinceMs === undefined) return;
    this.#since.delete(cause);
    this.#deps.log.info("load-shed-ended", { cause, forMs: this.#deps.clock.wallMs() - sinceMs, refusedSoFar: this.#refused });
  }

  #words(cause: ShedCause): string {
    const { maxInFlight, maxLoopDelayMs, maxHeapShare } = this.#settings;
    switch (cause) {
      case "in-flight":
        return `${this.#inFlight} requests are under way in this sidecar, its limit is ${maxInFlight}`;
      case "loop-delay":
        return `its event loop is ${Math.round(this.#loopDelayMs)} ms late, its limit is ${maxLoopDelayMs} ms`;
      case "heap-share":
        return `it uses ${Math.round(this.#heapShare * 100)} % of its heap, its limit is ${Math.round(maxHeapShare * 100)} %`;
    }
  }
}
