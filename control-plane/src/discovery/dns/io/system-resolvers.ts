import { Cell, type Clock, type Closable, type Log, ok, type Result, type Watchable } from "@fairlead/shared";
import { readFiles, watchFiles } from "@fairlead/shared/io";
import { parseNameservers } from "../resolv-conf.js";

export interface SystemResolversOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly path?: string;
}

/**
 * The nameservers this machine is set up with, as `ip:port`. The file is followed while somebody watches; while it cannot
 * be read, those of before stay in force.
 */
export async function systemResolvers({
  clock,
  log,
  path = "/etc/resolv.conf",
}: SystemResolversOptions): Promise<Watchable<readonly string[]>> {
  const resolvers = new SystemResolvers({ clock, log, path });
  for (const read of (await readFiles([path])).values()) resolvers.take(read);
  return resolvers;
}

class SystemResolvers implements Watchable<readonly string[]> {
  readonly #options: Required<SystemResolversOptions>;
  readonly #cell = new Cell<readonly string[]>([]);
  #text = "";
  #watchers = 0;
  #following: Closable | undefined;

  constructor(options: Required<SystemResolversOptions>) {
    this.#options = options;
  }

  get value(): readonly string[] {
    return this.#cell.value;
  }

  take(read: Result<string>): void {
    const { path, log } = this.#options;
    if (!read.ok) {
      log.warn("system-resolvers-unknown", { path, reason: read.error, kept: this.value });
      return;
    }
    this.#text = read.value;
    const next = parseNameservers(read.value);
    // Some programs write the file in place: for a moment it is empty.
    if (next.length === 0) log.warn("system-resolvers-unknown", { path, reason: "it names no nameserver", kept: this.value });
    else if (next.join() !== this.value.join()) this.#cell.set(next);
  }

  watch(watcher: (value: readonly string[]) => void): Closable {
    const { clock, log, path } = this.#options;
    this.#watchers += 1;
    this.#following ??= watchFiles({
      paths: [path],
      known: new Map([[path, ok(this.#text)]]),
      clock,
      log,
      changed: (contents) => {
        for (const read of contents.values()) this.take(read);
      },
    });
    const watching = this.#cell.watch(watcher);
    return { close: () => this.#unwatch(watching) };
  }

  #unwatch(watching: Closable): void {
    void watching.close();
    this.#watchers -= 1;
    if (this.#watchers > 0) return;
    void this.#following?.close();
    this.#following = undefined;
  }
}
