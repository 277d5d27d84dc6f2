/** What a bench found: plain values or a table of them, numbers with their unit in the name. */
export interface Figures {
  readonly [name: string]: number | string | Figures;
}

/** A bench: a question about speed with a number as its answer. */
export type Bench = {
  /** As in `npm run bench -- NAME`. */
  readonly name: string;
  /** What it measures, in a line. */
  readonly measures: string;
  /** Runs it. What it starts is stopped afterwards. May print how far it is. */
  run(): Promise<Figures>;
};
