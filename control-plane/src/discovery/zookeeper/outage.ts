// What a time without a connection is told as: each kind of failure once, the gravest shown.

/** `closed`: the server ended the connection. `behind`: it does not know what another one already told us. */
export type LossKind = "unreachable" | "closed" | "silent" | "unreadable" | "auth-failed" | "behind";

/** Why a connection came to its end, or to nothing. */
export interface Loss {
  readonly kind: LossKind;
  readonly reason: string;
}

/** What somebody has to do something about outranks what may pass by itself. */
const RANKS: Readonly<Record<LossKind, number>> = { unreachable: 0, closed: 0, silent: 0, unreadable: 1, behind: 2, "auth-failed": 3 };

/** From the loss of the connection until the next one that holds. */
export class Outage {
  readonly #seen = new Set<LossKind>();
  #worst: Loss | undefined;

  /** `fresh`: the first of its kind in this outage, and with it worth a line in the log. `worst`: what to show. */
  note(loss: Loss): { readonly fresh: boolean; readonly worst: Loss } {
    if (this.#worst === undefined || RANKS[loss.kind] > RANKS[this.#worst.kind]) this.#worst = loss;
    const fresh = !this.#seen.has(loss.kind);
    this.#seen.add(loss.kind);
    return { fresh, worst: this.#worst };
  }

  over(): void {
    this.#seen.clear();
    this.#worst = undefined;
  }
}
