/** Jobs that are due; each starts its probe and calls `release` when it is over. A job that lost its reason calls it at once. */
type Job = (release: () => void) => void;

/**
 * Bounds how many probes are under way. What does not fit waits in order, the confirmations of a refusal before all
 * others; the wait is as long as the number of endpoints, because each has at most one probe due.
 */
export class ProbeSlots {
  readonly #limit: number;
  readonly #urgent = new Line();
  readonly #waiting = new Line();
  #taken = 0;
  #draining = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Probes that are due and found no slot yet. */
  get waiting(): number {
    return this.#urgent.size + this.#waiting.size;
  }

  submit(job: Job, urgent: boolean): void {
    (urgent ? this.#urgent : this.#waiting).push(job);
    this.#drain();
  }

  /** Forgets what waits; what is under way ends by itself. */
  clear(): void {
    this.#urgent.clear();
    this.#waiting.clear();
  }

  #drain(): void {
    // A job that releases at once comes back here: the loop goes on instead of growing the stack.
    if (this.#draining) return;
    this.#draining = true;
    while (this.#taken < this.#limit) {
      const job = this.#urgent.take() ?? this.#waiting.take();
      if (job === undefined) break;
      this.#taken += 1;
      job(this.#releaseOnce());
    }
    this.#draining = false;
  }

  #releaseOnce(): () => void {
    let released = false;
    return () => {
      if (released) return;
      released = true;
      this.#taken -= 1;
      this.#drain();
    };
  }
}

/** First in, first out. Array.shift moves every element of a long array; this one moves each at most once. */
class Line {
  #jobs: (Job | undefined)[] = [];
  #head = 0;

  get size(): number {
    return this.#jobs.length - this.#head;
  }

  push(job: Job): void {
    this.#jobs.push(job);
  }

  take(): Job | undefined {
    const job = this.#jobs[this.#head];
    if (job === undefined) return undefined;
    this.#jobs[this.#head] = undefined;
    this.#head += 1;
    if (this.#head * 2 > this.#jobs.length) {
      this.#jobs = this.#jobs.slice(this.#head);
      this.#head = 0;
    }
    return job;
  }

  clear(): void {
    this.#jobs = [];
    this.#head = 0;
  }
}
