import { Cell, type Clock, type Log, type Timer } from "@fairlead/shared";

/** After a return, whoever else was cut off needs its own session time-out to register again. */
const MAX_DISTURBED_MS = 90_000;

export interface DisturbanceOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** The longest that is known of: asked for or granted. */
  readonly sessionTimeoutMs: () => number;
  /** A window began in a source that was calm. */
  readonly onBegin: () => void;
}

/** The time in which a source distrusts what its own complete readings lack. Always begins before such a reading is published. */
export class Disturbance {
  readonly untilMs = new Cell(0);
  readonly #options: DisturbanceOptions;
  #end: Timer | undefined;

  constructor(options: DisturbanceOptions) {
    this.#options = options;
  }

  /** Our session was lost or resumed. */
  begin(): void {
    const { clock, log, sessionTimeoutMs, onBegin } = this.#options;
    const holdMs = Math.min(MAX_DISTURBED_MS, 2 * sessionTimeoutMs());
    if (this.untilMs.value <= clock.wallMs()) {
      log.warn("zookeeper-disturbed", { holdMs });
      onBegin();
    }
    this.stop();
    this.untilMs.set(clock.wallMs() + holdMs);
    this.#end = clock.schedule(holdMs, () => this.untilMs.set(0));
  }

  stop(): void {
    this.#end?.cancel();
  }
}
