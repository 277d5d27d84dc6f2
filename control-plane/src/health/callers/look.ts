// One look at what callers met: of each endpoint, how much more trouble they have there than elsewhere, and how many of them say so.
// Every caller is measured against itself, so that one that fails everywhere says nothing; each has one vote, however loud it is; and
// what is left when the third of the votes that complains most is taken away is what most of them agree on.

import type { PairCounts, Row } from "./pair-counts.js";

const TRIMMED_SHARE = 1 / 3;
/** Excess rates from -1 to 1. */
const RATE_BINS = 41;
/** Logarithms of latency ratios from -4 (a fiftieth) to 4. */
const RATIO_BINS = 161;
const RATIO_SPAN = 4;

/** What callers met at one endpoint. Rates and excesses are shares of requests, 0 to 1. */
export interface EndpointLook {
  readonly callers: number;
  readonly requests: number;
  readonly failures: number;
  /** Failures beyond what each caller has elsewhere, mean over the votes. */
  readonly excess: number;
  /** The same without the third of the votes that complains most. */
  readonly agreedExcess: number;
  /** Failures among the votes that are left then. */
  readonly agreedFailures: number;
  /** How many times slower it is than what its callers have elsewhere, median over those who say; undefined where none does. */
  readonly slowness: { readonly ratio: number; readonly callers: number; readonly elsewhereMs: number } | undefined;
}

export interface CallerLook {
  readonly row: Row;
  readonly requests: number;
  readonly failures: number;
}

export interface ServiceLook {
  readonly endpoints: ReadonlyMap<string, EndpointLook>;
  readonly callers: readonly CallerLook[];
  readonly requests: number;
  readonly failures: number;
}

export interface LookInput {
  readonly pairs: PairCounts;
  /** Whose word does not count. */
  readonly isDoubted: (caller: string) => boolean;
  /** Whether trouble of this caller with that endpoint is their path's. */
  readonly isPathTrouble: (from: string, endpoint: string) => boolean;
}

/** Sums of one row, over all its endpoints. */
interface Sums {
  requests: number;
  failures: number;
  medians: number;
  medianCount: number;
}

export function lookAt({ pairs, isDoubted, isPathTrouble }: LookInput): ServiceLook {
  const rows = [...pairs.rows.values()];
  const sums = rows.map((row) => sumsOf(row, pairs.columns));
  const callers = rows.map((row, at): CallerLook => {
    const { requests = 0, failures = 0 } = sums[at] ?? {};
    return { row, requests: requests + elsewhereOf(row).requests, failures: failures + elsewhereOf(row).failures };
  });
  const counted = callers.filter(({ row }) => !isDoubted(row.caller));
  const voters = rows.flatMap((row, at) => {
    const sum = sums[at];
    return sum === undefined || isDoubted(row.caller) ? [] : [{ row, sum }];
  });
  const scratch = new Scratch();
  const endpoints = new Map<string, EndpointLook>();
  for (const [endpoint, column] of pairs.columns) {
    const look = scratch.look(voters, column, (from) => isPathTrouble(from, endpoint));
    if (look !== undefined) endpoints.set(endpoint, look);
  }
  return { endpoints, callers, requests: total(counted, "requests"), failures: total(counted, "failures") };
}

type Voter = { readonly row: Row; readonly sum: Sums };

/** The bins of one endpoint, cleared for the next: a thousand endpoints by a thousand callers are looked at every second. */
class Scratch {
  readonly #votes = new Float64Array(RATE_BINS);
  readonly #excesses = new Float64Array(RATE_BINS);
  readonly #failures = new Float64Array(RATE_BINS);
  readonly #ratios = new Float64Array(RATIO_BINS);

  look(voters: readonly Voter[], column: number, isPathTrouble: (from: string) => boolean): EndpointLook | undefined {
    this.#clear();
    const found = { callers: 0, requests: 0, failures: 0, slowCallers: 0, elsewhere: 0 };
    for (const { row, sum } of voters) {
      const requests = (row.requests[column] ?? 0) + (row.olderRequests[column] ?? 0);
      if (requests === 0 || isPathTrouble(row.zone)) continue;
      const failures = (row.failures[column] ?? 0) + (row.olderFailures[column] ?? 0);
      found.callers += 1;
      found.requests += requests;
      found.failures += failures;
      const elsewhere = sum.requests - requests;
      const usual = elsewhere <= 0 ? 0 : (sum.failures - failures) / elsewhere;
      const excess = failures / requests - usual;
      const bin = Math.min(RATE_BINS - 1, Math.max(0, Math.round(((excess + 1) / 2) * (RATE_BINS - 1))));
      this.#votes[bin] = (this.#votes[bin] ?? 0) + 1;
      this.#excesses[bin] = (this.#excesses[bin] ?? 0) + excess;
      this.#failures[bin] = (this.#failures[bin] ?? 0) + failures;
      const median = row.logMedian[column] ?? Number.NaN;
      if (Number.isNaN(median) || sum.medianCount < 2) continue;
      const others = (sum.medians - median) / (sum.medianCount - 1);
      const at = Math.round(((median - others + RATIO_SPAN) / (2 * RATIO_SPAN)) * (RATIO_BINS - 1));
      const ratioBin = Math.min(RATIO_BINS - 1, Math.max(0, at));
      this.#ratios[ratioBin] = (this.#ratios[ratioBin] ?? 0) + 1;
      found.slowCallers += 1;
      found.elsewhere += others;
    }
    if (found.callers === 0) return undefined;
    const { callers, requests, failures, slowCallers, elsewhere } = found;
    const agreed = this.#agreed(callers);
    const slowness =
      slowCallers === 0
        ? undefined
        : { ratio: Math.exp(this.#medianRatio(slowCallers)), callers: slowCallers, elsewhereMs: Math.exp(elsewhere / slowCallers) };
    return { callers, requests, failures, excess: sum(this.#excesses) / callers, ...agreed, slowness };
  }

  #agreed(callers: number): { readonly agreedExcess: number; readonly agreedFailures: number } {
    let toTrim = callers * TRIMMED_SHARE;
    let kept = 0;
    let excess = 0;
    let failures = 0;
    for (let bin = RATE_BINS - 1; bin >= 0; bin--) {
      const votes = this.#votes[bin] ?? 0;
      if (votes === 0) continue;
      const trimmed = Math.min(votes, toTrim);
      toTrim -= trimmed;
      const share = (votes - trimmed) / votes;
      kept += votes * share;
      excess += (this.#excesses[bin] ?? 0) * share;
      failures += (this.#failures[bin] ?? 0) * share;
    }
    return { agreedExcess: kept === 0 ? 0 : excess / kept, agreedFailures: failures };
  }

  #medianRatio(callers: number): number {
    let passed = 0;
    for (let bin = 0; bin < RATIO_BINS; bin++) {
      passed += this.#ratios[bin] ?? 0;
      if (passed * 2 >= callers) return (bin / (RATIO_BINS - 1)) * 2 * RATIO_SPAN - RATIO_SPAN;
    }
    return 0;
  }

  #clear(): void {
    for (const bins of [this.#votes, this.#excesses, this.#failures, this.#ratios]) bins.fill(0);
  }
}

function sumsOf(row: Row, columns: ReadonlyMap<string, number>): Sums {
  const sums = { requests: 0, failures: 0, medians: 0, medianCount: 0 };
  for (const column of columns.values()) {
    sums.requests += (row.requests[column] ?? 0) + (row.olderRequests[column] ?? 0);
    sums.failures += (row.failures[column] ?? 0) + (row.olderFailures[column] ?? 0);
    const median = row.logMedian[column] ?? Number.NaN;
    if (Number.isNaN(median)) continue;
    sums.medians += median;
    sums.medianCount += 1;
  }
  return sums;
}

function elsewhereOf({ elsewhere }: Row): { readonly requests: number; readonly failures: number } {
  return { requests: elsewhere.requests + elsewhere.olderRequests, failures: elsewhere.failures + elsewhere.olderFailures };
}

function total(callers: readonly CallerLook[], what: "requests" | "failures"): number {
  return callers.reduce((all, caller) => all + caller[what], 0);
}

function sum(numbers: Float64Array): number {
  let all = 0;
  for (const each of numbers) all += each;
  return all;
}
