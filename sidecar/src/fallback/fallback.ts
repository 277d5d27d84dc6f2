import {
  Cell,
  type Clock,
  type Closable,
  type CounterMetric,
  contentHash,
  type DurableStore,
  type Log,
  type Metrics,
  type Timer,
  type Watchable,
} from "@fairlead/shared";
import { readState, type SavedResource, type SavedState, writeState } from "./saved-state.js";

/** Long enough for the types of one change to arrive, short enough that a crash a moment later loses nothing. */
const SETTLE_MS = 50;
/** A churning fleet must not wear the disk. */
const MIN_INTERVAL_MS = 1_000;
/** How soon a disk that failed is tried again, without waiting for a change. */
const RETRY_MS = 5_000;

/** The last known good, for people. Times are wall times. */
export interface FallbackStatus {
  /** Where what is in force came from. */
  readonly origin: "none" | "disk" | "live";
  /** Of the newest state that is on disk. */
  readonly savedAtMs: number | undefined;
  /** Why a newer generation was passed over at boot. */
  readonly fellBack: string | undefined;
  /** Why nothing could be read at boot, although something was there. */
  readonly loadFailure: string | undefined;
  /** Degraded: what is in force is not on disk, since when and why. */
  readonly saveFailure: { readonly sinceMs: number; readonly cause: string } | undefined;
}

export interface FallbackOptions {
  readonly store: DurableStore;
  readonly nodeId: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Keeps what was applied on disk, so that a boot needs nobody. No request and no update ever waits for it. */
export class Fallback implements Closable {
  readonly #options: FallbackOptions;
  readonly #status = new Cell<FallbackStatus>({
    origin: "none",
    savedAtMs: undefined,
    fellBack: undefined,
    loadFailure: undefined,
    saveFailure: undefined,
  });
  readonly #failures: CounterMetric;
  /** The newest state, until it is on disk. */
  #unsaved: Omit<SavedState, "nodeId"> | undefined;
  /** Hash of the resources on disk: a change of position alone is not worth a write. */
  #savedHash: string | undefined;
  #lastStartMs = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined;
  #saving: Promise<void> | undefined;
  #closed = false;

  constructor(options: FallbackOptions) {
    this.#options = options;
    this.#failures = options.metrics.counter({ name: "fallback_save_failures_total", help: "Saves of the last known good that failed." });
  }

  get status(): Watchable<FallbackStatus> {
    return this.#status;
  }

  /** What an earlier process saved; undefined when there is none that can be trusted, which `status` explains. */
  async load(): Promise<(SavedState & { readonly savedAtMs: number }) | undefined> {
    const { store, log, nodeId } = this.#options;
    const loaded = await store.load();
    if (!loaded.ok) return this.#unreadable(loaded.error);
    if (loaded.value === undefined) return undefined;
    const state = readState(loaded.value.payload);
    if (!state.ok) return this.#unreadable(state.error);
    const { savedAtMs, fellBack } = loaded.value;
    if (fellBack !== undefined) log.warn("fallback-older-generation", { cause: fellBack, savedAtMs });
    if (state.value.nodeId !== nodeId) log.warn("fallback-of-another-node", { savedBy: state.value.nodeId, nodeId });
    this.#savedHash = hashOf(state.value.resources);
    this.#change({ origin: "disk", savedAtMs, fellBack });
    return { ...state.value, savedAtMs };
  }

  /** Takes note of what is in force now; it is on disk soon after. Call it with live state only. */
  keep(state: Omit<SavedState, "nodeId">): void {
    this.#unsaved = state;
    if (this.#status.value.origin !== "live") this.#change({ origin: "live" });
    this.#scheduleSave(SETTLE_MS);
  }

  /** Writes what is not on disk yet, at once, and stops. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    this.#timer = undefined;
    await this.#saving;
    await this.#save();
  }

  #scheduleSave(delayMs: number): void {
    if (this.#closed || this.#timer !== undefined || this.#saving !== undefined) return;
    const earliestMs = this.#lastStartMs + MIN_INTERVAL_MS - this.#options.clock.nowMs();
    this.#timer = this.#options.clock.schedule(Math.max(delayMs, earliestMs), () => {
      this.#timer = undefined;
      this.#saving = this.#save().then(() => {
        this.#saving = undefined;
        // What came while writing, or what could not be written.
        if (this.#unsaved !== undefined) this.#scheduleSave(this.#status.value.saveFailure === undefined ? SETTLE_MS : RETRY_MS);
      });
    });
  }

  async #save(): Promise<void> {
    const { store, clock, nodeId } = this.#options;
    const state = this.#unsaved;
    if (state === undefined) return;
    const hash = hashOf(state.resources);
    if (hash === this.#savedHash) {
      this.#unsaved = undefined;
      return;
    }
    this.#lastStartMs = clock.nowMs();
    const savedAtMs = clock.wallMs();
    const saved = await store.save(writeState({ ...state, nodeId }), savedAtMs);
    if (!saved.ok) return this.#onFailure(saved.error);
    if (this.#unsaved === state) this.#unsaved = undefined;
    this.#savedHash = hash;
    if (this.#status.value.saveFailure !== undefined) this.#options.log.info("fallback-save-works-again");
    this.#change({ savedAtMs, saveFailure: undefined });
  }

  #unreadable(cause: string): undefined {
    this.#options.log.error("fallback-unreadable", { cause });
    this.#change({ loadFailure: cause });
    return undefined;
  }

  #onFailure(cause: string): void {
    this.#failures.add();
    const before = this.#status.value.saveFailure;
    if (before === undefined) this.#options.log.error("fallback-save-failed", { cause });
    this.#change({ saveFailure: { sinceMs: before?.sinceMs ?? this.#options.clock.wallMs(), cause } });
  }

  #change(part: Partial<FallbackStatus>): void {
    this.#status.set({ ...this.#status.value, ...part });
  }
}

/** By content: another server's versions may mean anything. */
function hashOf(resources: readonly SavedResource[]): string {
  const lines = resources.map(({ typeUrl, name, version, value }) => JSON.stringify([typeUrl, name, version, contentHash(value)]));
  return contentHash(lines.sort().join("\n"));
}
