// What we begin with, and whether it needs us: said once, counted, and shown while it is so.

import { Cell, type Clock, formatPath, type GaugeMetric, type Log, type Metrics, type Watchable } from "@fairlead/shared";
import type { SeedDoubt } from "./admin/index.js";
import { bootstrapLoops, type Settings } from "./config/index.js";

export class SeedCheck {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #gauge: GaugeMetric;
  readonly #doubts = new Cell<readonly SeedDoubt[]>([]);

  constructor({ clock, log, metrics }: { readonly clock: Clock; readonly log: Log; readonly metrics: Metrics }) {
    this.#clock = clock;
    this.#log = log;
    const help = "Seeds that need what this control plane serves itself (loop), or DNS (name)";
    this.#gauge = metrics.gauge({ name: "bootstrap_findings", help, labels: ["kind"] });
  }

  get doubts(): Watchable<readonly SeedDoubt[]> {
    return this.#doubts;
  }

  /** A finding that stays keeps its age and is not said again. */
  configure(settings: Settings): void {
    const before = new Map(this.#doubts.value.map((doubt) => [keyOf(doubt), doubt] as const));
    const doubts = bootstrapLoops(settings).map((finding) => before.get(keyOf(finding)) ?? { ...finding, sinceMs: this.#clock.wallMs() });
    for (const { kind, path, what, why, instead } of doubts.filter((doubt) => !before.has(keyOf(doubt))))
      this.#log.warn("bootstrap-doubtful", { kind, setting: formatPath(path), what, why, instead });
    for (const kind of ["loop", "name"] as const) this.#gauge.set(doubts.filter((doubt) => doubt.kind === kind).length, { kind });
    this.#doubts.set(doubts);
  }
}

function keyOf({ path, what }: Pick<SeedDoubt, "path" | "what">): string {
  return `${formatPath(path)} ${what}`;
}
