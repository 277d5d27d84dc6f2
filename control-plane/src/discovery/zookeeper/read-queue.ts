import { type Clock, fail, type Result, type Timer } from "@fairlead/shared";
import type { Answer, ReadFailure, ReadLoad } from "./connection.js";

interface Waiting {
  readonly start: () => void;
  readonly fail: (reason: string) => void;
}

/** The started front of the list is cut off in pieces: shifting it one by one would move the rest each time. */
const COMPACT_AT = 1_024;

/**
 * Reads on their way: at most `limit` unanswered (a re-list of everything must not bury the server, as Elastic Cloud's did
 * on 2019-01-18), each with a deadline of its own. What waits is bounded by the callers: one read per known znode.
 */
export class ReadQueue {
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #waiting: Waiting[] = [];
  #head = 0;
  #starting = false;
  readonly #sent = new Set<(reason: string) => void>();

  constructor(clock: Clock, limit: number) {
    this.#clock = clock;
    this.#limit = limit;
  }

  get load(): ReadLoad {
    return { outstanding: this.#sent.size, waiting: this.#waiting.length - this.#head };
  }

  /** Sends now or when a place is free. `answer` is called exactly once. */
  submit<T>(deadlineMs: number, send: (answer: Answer<T>) => void, answer: Answer<T>): void {
    const item: Waiting = {
      start: () => this.#send(deadlineMs, send, answer),
      fail: (reason) => answer(fail<ReadFailure>({ kind: "failed", reason })),
    };
    if (this.#sent.size < this.#limit) item.start();
    else this.#waiting.push(item);
  }

  /** Everything sent and waiting fails with `reason`. */
  failAll(reason: string): void {
    const waiting = this.#waiting.splice(0).slice(this.#head);
    this.#head = 0;
    const sent = [...this.#sent];
    this.#sent.clear();
    for (const end of sent) end(reason);
    for (const item of waiting) item.fail(reason);
  }

  #send<T>(deadlineMs: number, send: (answer: Answer<T>) => void, answer: Answer<T>): void {
    let done = false;
    let deadline: Timer | undefined;
    const finish = (result: Result<T, ReadFailure>) => {
      if (done) return;
      done = true;
      deadline?.cancel();
      this.#sent.delete(end);
      answer(result);
      this.#next();
    };
    const end = (reason: string) => finish(fail({ kind: "failed", reason }));
    this.#sent.add(end);
    deadline = this.#clock.schedule(deadlineMs, () => end(`no answer within ${deadlineMs} ms`));
    send(finish);
  }

  #next(): void {
    // A read that fails at once comes back here: the loop below goes on, the stack does not grow.
    if (this.#starting) return;
    this.#starting = true;
    while (this.#sent.size < this.#limit) {
      const item = this.#waiting[this.#head];
      if (item === undefined) break;
      this.#head += 1;
      item.start();
    }
    this.#starting = false;
    if (this.#head === this.#waiting.length) {
      this.#waiting.length = 0;
      this.#head = 0;
    } else if (this.#head >= COMPACT_AT && this.#head * 2 > this.#waiting.length) {
      this.#waiting.splice(0, this.#head);
      this.#head = 0;
    }
  }
}
