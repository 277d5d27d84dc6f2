// What the slices come to: ratios of the same round, medians over rounds.

import type { Figures } from "../bench.js";
import type { Slice } from "./cells.js";
import type { ContestantName } from "./contestant.js";

export type Round = ReadonlyMap<ContestantName | "direct", Slice>;

/** Rounds by cell. */
export class Standings {
  readonly #rounds = new Map<string, Round[]>();
  readonly #idleMb = new Map<ContestantName, number>();

  add(cell: string, round: Round): void {
    this.#rounds.set(cell, [...(this.#rounds.get(cell) ?? []), round]);
  }

  idle(name: ContestantName, rssMb: number): void {
    this.#idleMb.set(name, rssMb);
  }

  /** Median over rounds; undefined where it did not take part. */
  of(cell: string, name: ContestantName | "direct", value: (slice: Slice) => number): number | undefined {
    return median((this.#rounds.get(cell) ?? []).flatMap((round) => [round.get(name)].flatMap((slice) => slice ?? []).map(value)));
  }

  /** Ours over theirs, in the same round. */
  ratio(cell: string, over: ContestantName): Spread | undefined {
    const ratios = (this.#rounds.get(cell) ?? []).flatMap((round) => {
      const [ours, theirs] = [round.get("ours"), round.get(over)];
      return ours === undefined || theirs === undefined ? [] : [ours.cpuUs / theirs.cpuUs];
    });
    const middle = median(ratios);
    return middle === undefined ? undefined : { median: middle, low: quartile(ratios, 0.25), high: quartile(ratios, 0.75) };
  }

  /** What the proxy adds to the median, in the same round. */
  addedP50(cell: string, name: ContestantName): number | undefined {
    return median(
      (this.#rounds.get(cell) ?? []).flatMap((round) => {
        const [with_, without] = [round.get(name), round.get("direct")];
        return with_ === undefined || without === undefined ? [] : [with_.p50Us - without.p50Us];
      }),
    );
  }

  figures(names: readonly ContestantName[]): Figures {
    const cells = [...this.#rounds.keys()];
    const others = names.filter((name) => name !== "ours");
    const table = (
      of: readonly ContestantName[],
      keys: readonly string[],
      value: (name: ContestantName, key: string) => number | undefined,
    ) => Object.fromEntries(of.map((name) => [name, withoutGaps(keys.map((key) => [key, value(name, key)] as const))]));
    return {
      ratios: table(others, cells, (name, cell) => hundredths(this.ratio(cell, name)?.median)),
      added_p50_us: table(names, cells, (name, cell) => this.addedP50(cell, name)),
      rss_mb: table(names, ["idle", "c32", "c256"], (name, when) =>
        when === "idle" ? this.#idleMb.get(name) : this.of(when, name, ({ rssMb }) => rssMb),
      ),
      cpu_us: table(names, cells, (name, cell) => hundredths(this.of(cell, name, ({ cpuUs }) => cpuUs))),
    };
  }
}

export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

function withoutGaps(entries: readonly (readonly [string, number | undefined])[]): Figures {
  return Object.fromEntries(entries.flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])));
}

function median(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : quartile(values, 0.5);
}

/** Between neighbours in proportion. */
function quartile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  const at = (sorted.length - 1) * share;
  const [low, high] = [sorted[Math.floor(at)] ?? Number.NaN, sorted[Math.ceil(at)] ?? Number.NaN];
  return low + (high - low) * (at - Math.floor(at));
}

function hundredths(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.round(value * 100) / 100;
}
