// What an import gives: a configuration of ours, and an account of what is not in it.

/** Something of the original that the result does not say, or says in another way. */
export interface ImportFinding {
  readonly kind: "left-out" | "differs";
  /** `file:line`, or `file:line:column: path`. */
  readonly place: string;
  readonly what: string;
  /** What to do about it, or what holds now. */
  readonly instead: string;
}

/** Why the original could not be read at all. */
export interface ImportProblem {
  readonly place: string;
  readonly message: string;
}

export interface Imported {
  /** The configuration, as YAML with comments. */
  readonly text: string;
  readonly findings: readonly ImportFinding[];
}

/** The longest excerpt of the original in a message. */
const SHOWN_LENGTH = 120;

/** One line for a person; nothing of the original can break out of it or of a YAML comment. */
export function formatFinding({ kind, place, what, instead }: ImportFinding): string {
  return `${place}: ${kind === "left-out" ? "left out" : "differs"}: ${what}: ${instead}`;
}

/** A piece of the original as it may stand in a message. */
export function excerpt(text: string): string {
  const line = oneLine(text);
  return line.length > SHOWN_LENGTH ? `${line.slice(0, SHOWN_LENGTH)}…` : line;
}

/** Text of the original, or its file's name, as it may stand in a comment. */
export function oneLine(text: string): string {
  return text.replace(/[^\x20-\x7e]+/g, " ");
}
