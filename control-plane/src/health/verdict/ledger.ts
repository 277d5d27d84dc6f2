// Who left a service by its health, on what, and who spent the budget. What one service's entries say always adds up.

import type { EndpointId } from "@fairlead/shared";
import type { EvidenceKind } from "../opinion.js";
import type { Brake } from "./brakes.js";
import type { Weighed } from "./weigh.js";

/** Entries kept of a service; the sums stay right beyond it. */
const ENTRIES_MAX = 200;

type On = Extract<Weighed, { readonly kind: "leave" }>["on"];

export interface LedgerEntry {
  /** Wall time. */
  readonly atMs: number;
  readonly endpoint: EndpointId;
  readonly what: "left" | "held" | "returned" | "unregistered";
  /** What a removal, or one that is held, rests on. */
  readonly on?: On;
  readonly evidence?: EvidenceKind;
  readonly brake?: Brake;
  /** It counts against the budget. */
  readonly spent?: boolean;
}

export interface LedgerSums {
  readonly left: Readonly<Record<On, number>>;
  readonly returned: number;
  readonly unregistered: number;
  readonly outNow: number;
  /** Of those, removals that count against the budget. */
  readonly spentNow: number;
}

export class Ledger {
  readonly #entries: LedgerEntry[] = [];
  readonly #left = { answer: 0, witnesses: 0, "one-witness": 0 };
  #returned = 0;
  #unregistered = 0;
  /** Whoever is out; where that counts against the budget, since when (monotonic). Who returns has given back what was spent. */
  readonly #out = new Map<EndpointId, number | undefined>();

  get entries(): readonly LedgerEntry[] {
    return this.#entries;
  }

  get sums(): LedgerSums {
    const { size: outNow } = this.#out;
    return { left: this.#left, returned: this.#returned, unregistered: this.#unregistered, outNow, spentNow: this.spentNow };
  }

  get spentNow(): number {
    return this.spentAfter(Number.NEGATIVE_INFINITY);
  }

  /** Removals in force that count, and began after this (monotonic). */
  spentAfter(ms: number): number {
    let spent = 0;
    for (const spentMs of this.#out.values()) if (spentMs !== undefined && spentMs > ms) spent += 1;
    return spent;
  }

  isOut(endpoint: EndpointId): boolean {
    return this.#out.has(endpoint);
  }

  left(
    endpoint: EndpointId,
    entry: { readonly on: On; readonly evidence: EvidenceKind; readonly spent: boolean; readonly atMs: number; readonly nowMs: number },
  ): void {
    const { nowMs, ...shown } = entry;
    this.#left[entry.on] += 1;
    this.#out.set(endpoint, entry.spent ? nowMs : undefined);
    this.#note({ endpoint, what: "left", ...shown });
  }

  /** Better evidence than what it left on: it counts no more. */
  free(endpoint: EndpointId): void {
    if (this.#out.has(endpoint)) this.#out.set(endpoint, undefined);
  }

  held(
    endpoint: EndpointId,
    entry: { readonly on: On; readonly evidence: EvidenceKind; readonly brake: Brake; readonly atMs: number },
  ): void {
    this.#note({ endpoint, what: "held", ...entry });
  }

  returned(endpoint: EndpointId, atMs: number): void {
    if (!this.#out.delete(endpoint)) return;
    this.#returned += 1;
    this.#note({ endpoint, what: "returned", atMs });
  }

  unregistered(endpoint: EndpointId, atMs: number): void {
    if (!this.#out.delete(endpoint)) return;
    this.#unregistered += 1;
    this.#note({ endpoint, what: "unregistered", atMs });
  }

  #note(entry: LedgerEntry): void {
    this.#entries.push(entry);
    if (this.#entries.length > ENTRIES_MAX) this.#entries.shift();
  }
}
