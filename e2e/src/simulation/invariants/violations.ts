/** What was seen that must not be, with the (simulated) time. Bounded: the first one matters, the rest may follow from it. */
export class Violations {
  readonly lines: string[] = [];
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  add(line: string): void {
    if (this.lines.length < 10) this.lines.push(`${timeText(this.#nowMs())} ${line}`);
  }
}

export function timeText(ms: number): string {
  return `${(ms / 1_000).toFixed(3).padStart(8)} s`;
}
