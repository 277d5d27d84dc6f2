import { inspect, isDeepStrictEqual } from "node:util";

/** How long to wait and how often to look. */
export type UntilOptions = { readonly timeoutMs?: number; readonly everyMs?: number };

/** Thrown by a probe that knows that what is waited for will never come: the wait ends at once with this error. */
export class GiveUp extends Error {
  override readonly name = "GiveUp";
}

/**
 * Not what a promise allows, but what a machine may need that does other things as well: two cores may have twenty
 * processes to run. It only costs time when something is wrong.
 */
export const PATIENCE_MS = 30_000;
/** Often enough that a wait costs little more than the event itself. */
const defaultEveryMs = 20;

/**
 * Looks again and again until the probe gives something truthy, and gives that back. A probe that throws counts as "not
 * yet" (but see {@link GiveUp}). When time is up it throws with what was waited for and what was seen last.
 */
export async function until<T>(what: string, probe: () => T | Promise<T>, options: UntilOptions = {}): Promise<NonNullable<T>> {
  return look(what, options, async () => {
    const seen = await probe();
    return seen ? { done: true, value: seen as NonNullable<T> } : { done: false, seen };
  });
}

/** Looks until the probe gives exactly this value (compared deeply). Its message on time-out shows the last value seen. */
export async function untilEqual<T>(what: string, probe: () => T | Promise<T>, expected: T, options: UntilOptions = {}): Promise<T> {
  return look(`${what} to be ${show(expected)}`, options, async () => {
    const seen = await probe();
    return isDeepStrictEqual(seen, expected) ? { done: true, value: seen } : { done: false, seen };
  });
}

type Look<T> = { readonly done: true; readonly value: T } | { readonly done: false; readonly seen: unknown };

async function look<T>(what: string, options: UntilOptions, once: () => Promise<Look<T>>): Promise<T> {
  const timeoutMs = options.timeoutMs ?? PATIENCE_MS;
  const endMs = performance.now() + timeoutMs;
  let last = "nothing: the first look has not come back";
  for (;;) {
    const seen = await within(
      endMs - performance.now(),
      once().catch((error: unknown): Look<T> => {
        if (error instanceof GiveUp) throw error;
        return { done: false, seen: error };
      }),
    );
    if (seen?.done) return seen.value;
    if (seen !== undefined) last = show(seen.seen);
    if (seen === undefined || performance.now() >= endMs) {
      throw new Error(`waited ${timeoutMs} ms for ${what}; last seen: ${last}`);
    }
    await pause(options.everyMs ?? defaultEveryMs);
  }
}

/** The result, or undefined when it takes longer: a probe of a suspended process may never come back. */
async function within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), Math.max(ms, 1));
  });
  try {
    return await Promise.race([work, timeUp]);
  } finally {
    clearTimeout(timer);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function show(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  const text = inspect(value, { depth: 6, breakLength: 140 });
  return text.length > 2_000 ? `${text.slice(0, 2_000)} ...` : text;
}
