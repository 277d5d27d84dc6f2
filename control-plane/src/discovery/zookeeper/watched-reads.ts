import type { Log } from "@fairlead/shared";
import type { Answer, Children, ReadTrouble, ZnodeData, ZnodeReads } from "./connection.js";

/** Passes reads on and keeps account of those that a server refuses: each kind is logged once per connection, and counted. */
export class WatchedReads implements ZnodeReads {
  readonly #reads: ZnodeReads;
  readonly #log: Log;
  readonly #onTrouble: (trouble: ReadTrouble) => void;
  readonly #logged = new Set<ReadTrouble>();

  constructor(reads: ZnodeReads, { log, onTrouble }: { readonly log: Log; readonly onTrouble: (trouble: ReadTrouble) => void }) {
    this.#reads = reads;
    this.#log = log;
    this.#onTrouble = onTrouble;
  }

  /** A new connection: what is refused now is news again. */
  connected(): void {
    this.#logged.clear();
  }

  children(path: string, answer: Answer<Children>): void {
    this.#reads.children(path, this.#watched(path, answer));
  }

  data(path: string, answer: Answer<ZnodeData>): void {
    this.#reads.data(path, this.#watched(path, answer));
  }

  exists(path: string, answer: Answer<boolean>): void {
    this.#reads.exists(path, this.#watched(path, answer));
  }

  #watched<T>(path: string, answer: Answer<T>): Answer<T> {
    return (result) => {
      if (!result.ok && result.error.kind === "failed" && result.error.trouble !== undefined) {
        const { trouble, reason } = result.error;
        this.#onTrouble(trouble);
        if (!this.#logged.has(trouble)) this.#log.warn("zookeeper-read-refused", { trouble, path, reason });
        this.#logged.add(trouble);
      }
      answer(result);
    };
  }
}
