import { type ConfigPath, formatPath, formatPlace } from "./place.js";
import type { ConfigProblem } from "./problem.js";
import type { ReadConfig } from "./read-config.js";

/** A spot in a configuration, for the checks a schema cannot make: they refuse what is there, with a reason. */
export class Cursor {
  readonly #read: ReadConfig<unknown>;
  readonly #path: ConfigPath;
  readonly #problems: ConfigProblem[];

  /** @param problems where refusals are collected; several documents may share it */
  constructor(read: ReadConfig<unknown>, problems: ConfigProblem[], path: ConfigPath = []) {
    this.#read = read;
    this.#problems = problems;
    this.#path = path;
  }

  /** The spot so many steps further in. */
  down(...steps: ConfigPath): Cursor {
    return new Cursor(this.#read, this.#problems, [...this.#path, ...steps]);
  }

  /** The path, for messages about another spot. */
  get name(): string {
    return formatPath(this.#path);
  }

  refuse(message: string): void {
    this.#problems.push(this.#read.problem(this.#path, message));
  }

  /** `file:line:column` of the key or list entry. */
  get place(): string {
    return formatPlace(this.#read.keyPlace(this.#path));
  }
}
