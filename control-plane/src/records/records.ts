// What was observed or ordered once and must be rendered the same for ever after (invariant 13): this process's place in
// the order of publishes, and what operators said.

import { type Clock, type DurableStore, fail, type Keyed, KeyedCell, ok, type Result, type ServiceName } from "@fairlead/shared";

/** An operator says that what the sources say of a service is meant: every hold that began before ends now. */
export interface Confirmation {
  /** Wall time. */
  readonly atMs: number;
  /** Monotonic, for comparing: a wall clock that is set back must not confirm what happens after it. */
  readonly saidAtMs: number;
  readonly author: string;
  readonly reason: string;
}

export type Confirmations = Keyed<ServiceName, Confirmation>;

/** Confirmations only matter to holds that began before them; the longest hold lasts 15 minutes. */
const CONFIRMATIONS_MAX = 1_000;

/** Which life of this control plane a position belongs to. */
export interface Lineage {
  /** UUID of the state directory: another lineage's positions cannot be compared with ours. */
  readonly lineage: string;
  /** Starts of this process on that state directory, from 1. */
  readonly epoch: number;
}

export class Records {
  readonly #confirmations = new KeyedCell<ServiceName, Confirmation>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get confirmations(): Confirmations {
    return this.#confirmations;
  }

  confirm(service: ServiceName, { author, reason }: { readonly author: string; readonly reason: string }): Confirmation {
    const confirmation = { atMs: this.#clock.wallMs(), saidAtMs: this.#clock.nowMs(), author, reason };
    const oldest = this.#confirmations.value.keys().next();
    const full = this.#confirmations.value.size >= CONFIRMATIONS_MAX && oldest.done !== true;
    this.#confirmations.update([...(full ? [[oldest.value, undefined] as const] : []), [service, confirmation]]);
    return confirmation;
  }
}

/**
 * Counts this start and saves the count before anything is served. When the disk refuses, a fresh lineage is used: its
 * positions are not comparable with the saved ones, which is true.
 * @param uuid a fresh UUID, used when nothing was saved or nothing can be
 */
export async function nextLineage(
  store: DurableStore,
  uuid: string,
  nowMs: number,
): Promise<Lineage & { readonly failure: string | undefined }> {
  const loaded = await store.load();
  const saved = loaded.ok && loaded.value !== undefined ? parseLineage(loaded.value.payload) : undefined;
  const next: Lineage = saved?.ok ? { lineage: saved.value.lineage, epoch: saved.value.epoch + 1 } : { lineage: uuid, epoch: 1 };
  const stored = await store.save(Buffer.from(JSON.stringify(next)), nowMs);
  if (!stored.ok) return { lineage: uuid, epoch: 1, failure: stored.error };
  const unreadable = loaded.ok ? (saved === undefined || saved.ok ? undefined : saved.error) : loaded.error;
  return { ...next, failure: unreadable };
}

function parseLineage(payload: Buffer): Result<Lineage> {
  try {
    const value = JSON.parse(payload.toString("utf8")) as Partial<Lineage> | null;
    if (typeof value?.lineage === "string" && Number.isSafeInteger(value.epoch))
      return ok({ lineage: value.lineage, epoch: value.epoch as number });
    return fail("the saved lineage has another shape");
  } catch {
    return fail("the saved lineage is not JSON");
  }
}
