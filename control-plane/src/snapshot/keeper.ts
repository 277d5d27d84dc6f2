// Keeps the newest snapshot on disk. A disk that is full or read-only degrades this, visibly, and nothing else.

import { Cell, type Clock, type Closable, type DurableStore, type Log, type Metrics, type Timer, type Watchable } from "@fairlead/shared";
import { writeSaved } from "./saved.js";
import type { Snapshot } from "./snapshot.js";

export interface KeeperState {
  /** Wall time of the last save; undefined when none succeeded in this run. */
  readonly savedAtMs: number | undefined;
  readonly failure: { readonly reason: string; readonly sinceMs: number } | undefined;
}

export interface KeeperDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly store: DurableStore;
  readonly snapshot: Watchable<Snapshot>;
}

/** A save costs two fsyncs; one a second keeps the disk quiet while a fleet rolls. */
const SAVE_EVERY_MS = 1_000;
/**
 * Beyond a second's worth of this the next save waits in proportion: 10,000 endpoints are some 4 MB and saved every second,
 * 100,000 every ten. Each save writes everything, and costs a core about as much per megabyte as the disk.
 */
const SAVED_BYTES_PER_SECOND = 4_000_000;
/** How long to wait before trying a disk again that refused. */
const RETRY_MS = 5_000;
/** A restart may lose this much: saved health older than it is not believed anyway, so an idle plane still refreshes the time. */
const REFRESH_MS = 20_000;

export class SnapshotKeeper implements Closable {
  readonly state = new Cell<KeeperState>({ savedAtMs: undefined, failure: undefined });
  readonly #deps: KeeperDeps;
  readonly #watch: Closable;
  readonly #failures;
  #timer: Timer | undefined;
  #savedVersion: string | undefined;
  #lastSaveMs = Number.NEGATIVE_INFINITY;
  /** From one save of changes to the next. */
  #pauseMs = SAVE_EVERY_MS;
  #closed = false;
  #saving: Promise<void> = Promise.resolve();

  constructor(deps: KeeperDeps) {
    this.#deps = deps;
    this.#failures = deps.metrics.counter({ name: "snapshot_save_failures_total", help: "Saves of the snapshot that the disk refused" });
    deps.metrics.sampled("gauge", { name: "snapshot_save_failing", help: "1 while the state disk refuses" }, () => [
      { labels: {}, value: this.state.value.failure === undefined ? 0 : 1 },
    ]);
    this.#watch = deps.snapshot.watch(() => this.#arm(this.#lastSaveMs + this.#pauseMs - deps.clock.nowMs()));
  }

  /** Stops after a last save. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#timer?.cancel();
    await this.#watch.close();
    await this.#saving;
    await this.#save();
  }

  #arm(delayMs: number): void {
    if (this.#closed || (this.#timer !== undefined && delayMs > this.#pauseMs)) return;
    this.#timer?.cancel();
    this.#timer = this.#deps.clock.schedule(Math.max(0, delayMs), () => {
      this.#timer = undefined;
      this.#saving = this.#save();
    });
  }

  async #save(): Promise<void> {
    const snapshot = this.#deps.snapshot.value;
    this.#lastSaveMs = this.#deps.clock.nowMs();
    const payload = writeSaved(snapshot);
    this.#pauseMs = Math.min(REFRESH_MS, Math.max(SAVE_EVERY_MS, (payload.byteLength / SAVED_BYTES_PER_SECOND) * 1_000));
    const saved = await this.#deps.store.save(payload, this.#deps.clock.wallMs());
    const was = this.state.value.failure;
    if (saved.ok) {
      if (was !== undefined) this.#deps.log.info("snapshot-saves-again", {});
      this.#savedVersion = snapshot.version;
      this.state.set({ savedAtMs: this.#deps.clock.wallMs(), failure: undefined });
      this.#arm(this.#deps.snapshot.value.version === this.#savedVersion ? REFRESH_MS : this.#pauseMs);
      return;
    }
    this.#failures.add();
    if (was === undefined) this.#deps.log.error("snapshot-not-saved", { reason: saved.error });
    this.state.set({ ...this.state.value, failure: { reason: saved.error, sinceMs: was?.sinceMs ?? this.#deps.clock.wallMs() } });
    this.#arm(RETRY_MS);
  }
}
