// Notices that files changed. The directories are watched, not the files: editors replace a file by renaming another over it,
// and Kubernetes swaps the `..data` link beside the files of a ConfigMap; a watch on the file itself would stay with the old one.

import { type FSWatcher, watch } from "node:fs";
import { dirname } from "node:path";
import type { Clock, Timer } from "../clock.js";
import type { Closable } from "../closable.js";
import type { Log } from "../telemetry/log.js";
import { type FileContents, readFiles } from "./read-files.js";

/** One save makes several events; a reader in between would see half of it. */
const DEBOUNCE_MS = 100;
/** A directory in which something is always written must not put a reading off for ever. */
const DEBOUNCE_AT_MOST_MS = 1_000;
/** Catches what the system never announces: network file systems, a link to another directory, a directory made anew. */
const POLL_MS = 10_000;

export interface WatchedFiles {
  /** Files, or patterns as `readFiles` takes them. */
  readonly paths: readonly string[];
  /** What the caller has already read: a difference to it is reported at once. By default what is there at the start. */
  readonly known?: FileContents;
  readonly clock: Clock;
  readonly log: Log;
  /** The content is new: changed, come, gone or unreadable now. Never called for a mere touch, nor after `close`. */
  readonly changed: (contents: FileContents) => void;
}

/** Watches until closed. Never throws: where watching is impossible the poll remains. */
export function watchFiles(options: WatchedFiles): Closable {
  return new FileWatch(options);
}

class FileWatch implements Closable {
  readonly #options: WatchedFiles;
  #known: FileContents | undefined;
  #watchers: FSWatcher[] = [];
  #timers: { debounce?: Timer; poll?: Timer } = {};
  #reading = false;
  #again = false;
  #closed = false;
  /** Since when events come without a pause. */
  #restlessSinceMs: number | undefined;

  constructor(options: WatchedFiles) {
    this.#options = options;
    this.#known = options.known;
    this.#poll();
  }

  close(): void {
    this.#closed = true;
    this.#timers.debounce?.cancel();
    this.#timers.poll?.cancel();
    this.#unwatch();
  }

  /** Watches are renewed with every poll: a directory that was replaced keeps its name but not its watch. */
  #poll(): void {
    if (this.#closed) return;
    this.#unwatch();
    for (const directory of new Set(this.#options.paths.map((path) => dirname(path)))) this.#watch(directory);
    this.#timers.poll = this.#options.clock.schedule(POLL_MS, () => this.#poll());
    void this.#look(false);
  }

  #watch(directory: string): void {
    try {
      const watcher = watch(directory, { persistent: false }, () => this.#soon());
      watcher.on("error", (error) => this.#lost(directory, error));
      this.#watchers.push(watcher);
    } catch (error) {
      this.#lost(directory, error);
    }
  }

  #lost(directory: string, error: unknown): void {
    this.#options.log.debug("directory-not-watched", { directory, reason: String(error), polledEveryMs: POLL_MS });
  }

  #unwatch(): void {
    for (const watcher of this.#watchers) watcher.close();
    this.#watchers = [];
  }

  #soon(): void {
    if (this.#closed) return;
    const { clock } = this.#options;
    this.#restlessSinceMs ??= clock.nowMs();
    const leftMs = this.#restlessSinceMs + DEBOUNCE_AT_MOST_MS - clock.nowMs();
    this.#timers.debounce?.cancel();
    this.#timers.debounce = clock.schedule(Math.max(0, Math.min(DEBOUNCE_MS, leftMs)), () => {
      this.#restlessSinceMs = undefined;
      void this.#look(true);
    });
  }

  /**
   * One read at a time; an event during a read causes one more.
   * @param settled whether events have paused. If not, what is read may be half of a save: a difference is looked at again.
   */
  async #look(settled: boolean): Promise<void> {
    if (this.#reading) {
      this.#again ||= settled;
      return;
    }
    this.#reading = true;
    this.#compare(await readFiles(this.#options.paths), settled);
    this.#reading = false;
    const again = this.#again;
    this.#again = false;
    if (again && !this.#closed) void this.#look(true);
  }

  #compare(contents: FileContents, settled: boolean): void {
    if (this.#closed) return;
    const before = this.#known;
    if (before !== undefined && sameFiles(before, contents)) return;
    if (before !== undefined && !settled) {
      this.#soon();
      return;
    }
    this.#known = contents;
    if (before !== undefined) this.#options.changed(contents);
  }
}

function sameFiles(one: FileContents, other: FileContents): boolean {
  if (one.size !== other.size) return false;
  for (const [path, read] of one) {
    const now = other.get(path);
    if (now === undefined || now.ok !== read.ok) return false;
    if (now.ok && read.ok ? now.value !== read.value : !now.ok && !read.ok && now.error !== read.error) return false;
  }
  return true;
}
