/** Things handed on later and always in the order they came, also when the delay shrinks. */
export class DelayedQueue<T> {
  readonly #deliver: (thing: T) => void;
  readonly #waiting: { readonly thing: T; readonly dueMs: number }[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(deliver: (thing: T) => void) {
    this.#deliver = deliver;
  }

  push(thing: T, delayMs: number): void {
    if (delayMs <= 0 && this.#waiting.length === 0) {
      this.#deliver(thing);
      return;
    }
    this.#waiting.push({ thing, dueMs: performance.now() + delayMs });
    this.#arm();
  }

  /** What still waits is never handed on. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting.length = 0;
  }

  #arm(): void {
    const first = this.#waiting[0];
    if (first === undefined || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.#pump(), Math.max(0, first.dueMs - performance.now()));
  }

  #pump(): void {
    this.#timer = undefined;
    for (let first = this.#waiting[0]; first !== undefined && first.dueMs <= performance.now(); first = this.#waiting[0]) {
      this.#waiting.shift();
      this.#deliver(first.thing);
    }
    this.#arm();
  }
}
