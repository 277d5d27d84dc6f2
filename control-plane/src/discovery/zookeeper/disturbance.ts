import { Cell, type Clock, type Log, type Timer } from "@fairlead/shared";
import { MassChange } from "./mass-change.js";

/** After a return, whoever else was cut off needs its own session time-out to register again. */
const MAX_DISTURBED_MS = 90_000;

export interface DisturbanceOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** The longest that is known of: asked for or granted. */
  readonly sessionTimeoutMs: () => number;
  /** A window began in a source that was calm. */
  readonly onBegin: (because: DisturbanceCause) => void;
}

/** `session`: ours was lost or resumed. `mass-change`: so many left at once that theirs may have been. */
export type DisturbanceCause = "session" | "mass-change";

/** The time in which a source distrusts what its own complete readings lack. Always begins before such a reading is published. */
export class Disturbance {
  readonly untilMs = new Cell(0);
  readonly #options: DisturbanceOptions;
  readonly #massChange: MassChange;
  #end: Timer | undefined;

  constructor(options: DisturbanceOptions) {
    this.#options = options;
    this.#massChange = new MassChange(options.clock);
  }

  begin(because: DisturbanceCause): void {
    const { clock, log, sessionTimeoutMs, onBegin } = this.#options;
    const holdMs = Math.min(MAX_DISTURBED_MS, 2 * sessionTimeoutMs());
    if (this.untilMs.value <= clock.wallMs()) {
      log.warn("zookeeper-disturbed", { because, holdMs });
      onBegin(because);
    }
    this.stop();
    this.untilMs.set(clock.wallMs() + holdMs);
    this.#end = clock.schedule(holdMs, () => this.untilMs.set(0));
  }

  /** Endpoints are about to leave: how many of how many the source gives. */
  leaving(count: number, total: number): void {
    if (this.#massChange.left(count, total)) this.begin("mass-change");
  }

  stop(): void {
    this.#end?.cancel();
  }
}
