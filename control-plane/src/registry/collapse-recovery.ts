// Who has not come back yet when a collapse is half over. Its members return one by one, as fast as each notices that its
// session ended; as soon as half of them are back it is no collapse any more, and the others' short clocks ran out long ago.

import { collapses } from "./hold.js";

interface Counts {
  readonly staying: number;
  readonly missing: number;
  /** Missing from a reading that is not complete: nobody knows yet whether they are back. */
  readonly unsure: number;
}

/** What is remembered of one service between passes. Times are monotonic: a wall clock that is set ends nothing. */
export class CollapseRecovery {
  /** How many were missing when it was last seen collapsed; undefined while it is not. */
  #missing: number | undefined;
  /** Somebody came back. Where only others came, the service was replaced, and there is nobody to wait for. */
  #returning = false;
  #untilMs = 0;

  /**
   * Takes the counts of a pass. Returns until when whoever is missing may still come back from a collapse; 0 without one.
   * @param forMs how long after half were back
   */
  untilMs({ staying, missing, unsure }: Counts, nowMs: number, forMs: number): number {
    if (unsure > 0) return this.#untilMs;
    const before = this.#missing;
    this.#missing = collapses(staying, missing) ? missing : undefined;
    if (before === undefined) this.#returning = false;
    else if (missing < before) this.#returning = true;
    if (before !== undefined && this.#missing === undefined) this.#untilMs = this.#returning ? nowMs + forMs : 0;
    if (missing === 0) this.#untilMs = 0;
    return this.#untilMs;
  }
}
