import type { Clock } from "@fairlead/shared";
import type { LoadReporter } from "../xds/index.js";
import { identityOf } from "./identity.js";

/** Three reports at the usual interval: by then what it counted before the stream has arrived too. */
export const PROVEN_AFTER_MS = 30_000;

/** Clients whose reports tell what they call, so that their subscriptions need not stand for calls. */
export class ReportingClients {
  readonly #clock: Clock;
  readonly #onChange: (identity: string, reports: boolean) => void;
  readonly #streams = new Map<string, number>();
  readonly #proven = new Set<string>();
  /** In the order of their first stream. */
  readonly #unproven = new Map<string, number>();

  constructor(clock: Clock, onChange: (identity: string, reports: boolean) => void) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  opened(reporter: LoadReporter): void {
    const identity = identityOf(reporter);
    const streams = this.#streams.get(identity) ?? 0;
    this.#streams.set(identity, streams + 1);
    if (streams === 0) this.#unproven.set(identity, this.#clock.nowMs());
  }

  closed(reporter: LoadReporter): void {
    const identity = identityOf(reporter);
    const streams = (this.#streams.get(identity) ?? 1) - 1;
    if (streams > 0) {
      this.#streams.set(identity, streams);
      return;
    }
    this.#streams.delete(identity);
    this.#unproven.delete(identity);
    if (this.#proven.delete(identity)) this.#onChange(identity, false);
  }

  has(identity: string): boolean {
    return this.#proven.has(identity);
  }

  /** Counts those whose time has come since. */
  settle(): void {
    const nowMs = this.#clock.nowMs();
    for (const [identity, sinceMs] of this.#unproven) {
      if (nowMs - sinceMs < PROVEN_AFTER_MS) return;
      this.#unproven.delete(identity);
      this.#proven.add(identity);
      this.#onChange(identity, true);
    }
  }
}
