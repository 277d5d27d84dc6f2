import type { Closable } from "@fairlead/shared";

export interface Following<Read> {
  /** Reads the configuration as it is now. */
  load(): Promise<Read>;
  /** Watches the files it was read from, and calls back once they differ from what was read. */
  watch(read: Read, changed: () => void): Closable;
  /** Puts a reading in force or refuses it. Never after `close`. */
  take(read: Read): void;
}

export interface FollowedConfig extends Closable {
  /** Reads now, without waiting for a change to be noticed. */
  reread(): void;
}

/**
 * Takes every change of the file and of what it includes, which may itself change. One reading at a time: the watch that
 * follows it compares with what was read, so a change in between is not lost.
 */
export function followConfig<Read>(first: Read, { load, watch, take }: Following<Read>): FollowedConfig {
  let reading = false;
  let closed = false;
  const reread = () => {
    if (!reading && !closed) void reload();
  };
  const open = (read: Read): Closable => watch(read, reread);
  let watching = open(first);
  const reload = async () => {
    reading = true;
    const next = await load();
    // A watch opened after the close would keep the process alive for ever.
    if (closed) return;
    await watching.close();
    if (closed) return;
    watching = open(next);
    reading = false;
    take(next);
  };
  return {
    reread,
    close() {
      closed = true;
      return watching.close();
    },
  };
}
