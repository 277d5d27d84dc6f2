// What each caller of one service met at each endpoint lately: exact counts, few bytes a pair, forgotten by rotation.

/** A look takes this and the part of the next one that has passed: two reports of each caller at the usual interval. */
export const WINDOW_MS = 5_000;
/** Of one pair in one window: far more than one pair sends in it, and what makes a flood no louder. */
const COUNT_MAX = 65_535;

/** One caller's counts, by the column of the endpoint; `older` is the window before. */
export interface Row {
  readonly caller: string;
  readonly zone: string;
  requests: Uint16Array;
  failures: Uint16Array;
  olderRequests: Uint16Array;
  olderFailures: Uint16Array;
  /** Natural logarithm of the median latency in ms of its last report on the endpoint; NaN where it said none. */
  logMedian: Float32Array;
  /** Requests of which it does not say at which endpoint they failed, in both windows. */
  elsewhere: { requests: number; failures: number; olderRequests: number; olderFailures: number };
  /** Monotonic. */
  reportedMs: number;
}

export class PairCounts {
  readonly #columns = new Map<string, number>();
  readonly #free: number[] = [];
  readonly #rows = new Map<string, Row>();
  #capacity = 16;
  #rotatedMs: number;

  constructor(nowMs: number) {
    this.#rotatedMs = nowMs;
  }

  get rows(): ReadonlyMap<string, Row> {
    return this.#rows;
  }

  /** Column by endpoint. */
  get columns(): ReadonlyMap<string, number> {
    return this.#columns;
  }

  /** Pairs there is memory for. */
  get pairs(): number {
    return this.#rows.size * this.#capacity;
  }

  rowOf(caller: string): Row | undefined {
    return this.#rows.get(caller);
  }

  addRow(caller: string, zone: string): Row {
    const counts = () => new Uint16Array(this.#capacity);
    const row: Row = {
      caller,
      zone,
      requests: counts(),
      failures: counts(),
      olderRequests: counts(),
      olderFailures: counts(),
      logMedian: new Float32Array(this.#capacity).fill(Number.NaN),
      elsewhere: { requests: 0, failures: 0, olderRequests: 0, olderFailures: 0 },
      reportedMs: 0,
    };
    this.#rows.set(caller, row);
    return row;
  }

  dropRow(caller: string): void {
    this.#rows.delete(caller);
  }

  columnOf(endpoint: string): number {
    let column = this.#columns.get(endpoint);
    if (column === undefined) {
      column = this.#free.pop() ?? this.#columns.size;
      if (column >= this.#capacity) this.#grow();
      this.#columns.set(endpoint, column);
    }
    return column;
  }

  /** Forgets an endpoint that is no more. */
  dropColumn(endpoint: string): void {
    const column = this.#columns.get(endpoint);
    if (column === undefined) return;
    this.#columns.delete(endpoint);
    this.#free.push(column);
    for (const row of this.#rows.values()) {
      row.requests[column] = row.failures[column] = row.olderRequests[column] = row.olderFailures[column] = 0;
      row.logMedian[column] = Number.NaN;
    }
  }

  count(row: Row, column: number, { requests, failures }: { readonly requests: number; readonly failures: number }): void {
    row.requests[column] = Math.min(COUNT_MAX, (row.requests[column] ?? 0) + requests);
    row.failures[column] = Math.min(COUNT_MAX, (row.failures[column] ?? 0) + failures);
  }

  /** Begins a new window when it is time; after a pause both are empty. */
  rotate(nowMs: number): void {
    const windows = Math.floor((nowMs - this.#rotatedMs) / WINDOW_MS);
    if (windows <= 0) return;
    this.#rotatedMs += windows * WINDOW_MS;
    for (const row of this.#rows.values()) {
      rotateRow(row);
      if (windows > 1) rotateRow(row);
    }
  }

  #grow(): void {
    this.#capacity *= 2;
    for (const row of this.#rows.values()) {
      row.requests = grown(row.requests, this.#capacity);
      row.failures = grown(row.failures, this.#capacity);
      row.olderRequests = grown(row.olderRequests, this.#capacity);
      row.olderFailures = grown(row.olderFailures, this.#capacity);
      const medians = new Float32Array(this.#capacity).fill(Number.NaN);
      medians.set(row.logMedian);
      row.logMedian = medians;
    }
  }
}

function rotateRow(row: Row): void {
  const { olderRequests, olderFailures, elsewhere } = row;
  row.olderRequests = row.requests;
  row.olderFailures = row.failures;
  row.requests = olderRequests.fill(0);
  row.failures = olderFailures.fill(0);
  elsewhere.olderRequests = elsewhere.requests;
  elsewhere.olderFailures = elsewhere.failures;
  elsewhere.requests = elsewhere.failures = 0;
  // A latency is that of requests of these windows: where there are none any more, nothing is known.
  for (let column = 0; column < row.logMedian.length; column++) {
    if ((row.olderRequests[column] ?? 0) === 0) row.logMedian[column] = Number.NaN;
  }
}

function grown(counts: Uint16Array, capacity: number): Uint16Array {
  const larger = new Uint16Array(capacity);
  larger.set(counts);
  return larger;
}
