import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Something that is running and has to be stopped: a process, a connection, a folder on disk. */
export type Running = {
  readonly name: string;
  stop(): void | Promise<void>;
  /** What it has said so far, shown when a test fails. */
  output?(): string;
};

/** In the order they were started, each with a number that only grows. */
const running = new Map<Running, number>();
let started = 0;

/** Remembers something that has to be stopped. Things are stopped in the opposite order. */
export function stopLater(thing: Running): void {
  running.set(thing, started++);
}

/** Forgets something that has stopped by itself. */
export function stoppedAlready(thing: Running): void {
  running.delete(thing);
}

/** A point in time to stop back to, see {@link stopEverything}. */
export function mark(): number {
  return started;
}

/**
 * Stops what was started since the mark (default: everything), newest first.
 * One that does not stop does not keep the others alive: the errors are thrown together at the end.
 */
export async function stopEverything(since = 0): Promise<void> {
  const errors: unknown[] = [];
  const newestFirst = [...running].filter(([, number]) => number >= since).reverse();
  for (const [thing] of newestFirst) {
    running.delete(thing);
    try {
      await thing.stop();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, `could not stop: ${errors.map(String).join("; ")}`);
}

/** Of each thing: enough for the cause, few enough to read. */
const shownLines = 80;

/** The last output of everything that is running, for the report of a failed test. */
export function outputOfEverything(): string {
  return [...running.keys()]
    .map((thing) => [thing.name, thing.output?.() ?? ""] as const)
    .filter(([, output]) => output.trim() !== "")
    .map(([name, output]) => `--- ${name}\n${output.trimEnd().split("\n").slice(-shownLines).join("\n")}`)
    .join("\n");
}

/** A new empty folder that is removed when everything is stopped. */
export function temporaryFolder(name: string): string {
  const path = mkdtempSync(join(tmpdir(), `fairlead-${name}-`));
  stopLater({ name: `folder ${path}`, stop: () => rmSync(path, { recursive: true, force: true }) });
  return path;
}
