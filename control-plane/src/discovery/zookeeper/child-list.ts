import type { Clock, Rng } from "@fairlead/shared";
import { RetryTimer } from "../retry-timer.js";
import type { Answer, ReadTrouble, ZnodeReads } from "./connection.js";

/** What the children of a znode are, as far as this read could tell. */
export type Listing =
  | { readonly kind: "listed"; readonly names: readonly string[]; readonly pzxid: bigint }
  /** The znode is not there: nobody is registered under it (empty container parents vanish by themselves). Its return is watched. */
  | { readonly kind: "absent" }
  | { readonly kind: "failed"; readonly reason: string; readonly trouble?: ReadTrouble };

export interface ReadDeps {
  readonly reads: ZnodeReads;
  readonly clock: Clock;
  readonly rng: Rng;
}

/** After a failed read. A failing path must not be hammered: an oversized list can bring its server down at every try. */
export const READ_RETRY = { firstMs: 500, maxMs: 30_000 };

/** Reads one znode's children when told to, one read at a time, and again by itself after a failure. */
export class ChildList {
  readonly #path: string;
  readonly #deps: ReadDeps;
  readonly #onListing: (listing: Listing) => void;
  readonly #retry: RetryTimer;
  #reading = false;
  #again = false;
  /** The last answer was more than we take: until the next try of our own no change is a reason to ask for it again. */
  #isTooLarge = false;
  /** Answers of an earlier round are nobody's. */
  #round = 0;

  constructor(path: string, deps: ReadDeps, onListing: (listing: Listing) => void) {
    this.#path = path;
    this.#deps = deps;
    this.#onListing = onListing;
    this.#retry = new RetryTimer(READ_RETRY, deps);
  }

  read(): void {
    if (this.#reading) this.#again = true;
    else if (!this.#isTooLarge) this.#readNow();
  }

  #readNow(): void {
    this.#reading = true;
    this.#again = false;
    this.#deps.reads.children(
      this.#path,
      this.#answer((result) => {
        if (result.ok) this.#done({ kind: "listed", names: result.value.names, pzxid: result.value.stat.pzxid });
        else if (result.error.kind === "failed") this.#done(result.error);
        else this.#awaitCreation();
      }),
    );
  }

  /** Forgets reads under way; for when the connection is gone. */
  stop(): void {
    this.#round += 1;
    this.#reading = false;
    this.#again = false;
    this.#isTooLarge = false;
    this.#retry.cancel();
  }

  #awaitCreation(): void {
    this.#deps.reads.exists(
      this.#path,
      this.#answer((result) => {
        if (!result.ok) this.#done({ kind: "failed", reason: result.error.kind === "failed" ? result.error.reason : "no answer" });
        else if (result.value) {
          this.#reading = false;
          this.read();
        } else this.#done({ kind: "absent" });
      }),
    );
  }

  #done(listing: Listing): void {
    this.#reading = false;
    this.#isTooLarge = listing.kind === "failed" && listing.trouble === "too-large";
    if (listing.kind === "failed") this.#retry.failed(() => this.#tryAgain());
    else this.#retry.succeeded();
    this.#onListing(listing);
    if (this.#again) this.read();
  }

  #tryAgain(): void {
    this.#isTooLarge = false;
    this.read();
  }

  #answer<T>(take: Answer<T>): Answer<T> {
    const round = this.#round;
    return (result) => {
      if (round === this.#round) take(result);
    };
  }
}
