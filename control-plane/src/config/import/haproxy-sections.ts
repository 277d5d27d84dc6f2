// The sections of a haproxy.cfg, each with the defaults it inherits.

import { fail, ok, type Result } from "@fairlead/shared";
import { haproxyWords } from "./haproxy-words.js";
import type { ImportProblem } from "./imported.js";

export interface HaproxyLine {
  /** `file:line`. */
  readonly place: string;
  readonly words: readonly string[];
  readonly variables: readonly string[];
}

/** The lines of one `defaults` after the other. */
type Layers = readonly (readonly HaproxyLine[])[];

export interface HaproxySection {
  readonly kind: string;
  readonly name: string;
  readonly place: string;
  /** What the `defaults` it inherits say, outermost first. Empty for sections that inherit nothing. */
  readonly inherited: Layers;
  readonly lines: readonly HaproxyLine[];
}

export interface HaproxyFile {
  readonly sections: readonly HaproxySection[];
  /** Lines within `.if` … `.endif`: which of them count is known to HAProxy alone. */
  readonly conditional: readonly HaproxyLine[];
}

const INHERITING = new Set(["frontend", "backend", "listen"]);
const SECTIONS = new Set([
  ...INHERITING,
  "global",
  "defaults",
  "resolvers",
  "peers",
  "userlist",
  "mailers",
  "cache",
  "program",
  "http-errors",
  "ring",
  "log-forward",
  "log-profile",
  "fcgi-app",
  "crt-store",
  "traces",
  "acme",
]);
/** Ten times the longest configuration HAProxy itself is known to be given; beyond it the file is something else. */
const MAX_LINES = 200_000;

/** Reads the text; what HAProxy itself would not get past is a problem with its line. */
export function haproxySections(file: string, text: string): Result<HaproxyFile, readonly ImportProblem[]> {
  const texts = text.split(/\r?\n/);
  if (texts.length > MAX_LINES) return fail([{ place: `${file}:1`, message: `${texts.length} lines; ${MAX_LINES} are the most` }]);
  const reading = new Reading();
  texts.forEach((line, index) => {
    reading.take(`${file}:${index + 1}`, line);
  });
  const { problems, sections, conditional } = reading;
  if (problems.length > 0) return fail(problems);
  if (sections.length === 0) return fail([{ place: `${file}:1`, message: "no section such as `backend NAME`; is this a haproxy.cfg?" }]);
  return ok({ sections, conditional });
}

class Reading {
  readonly problems: ImportProblem[] = [];
  readonly sections: HaproxySection[] = [];
  readonly conditional: HaproxyLine[] = [];
  readonly #named = new Map<string, Layers>();
  #defaults: Layers = [];
  #lines: HaproxyLine[] | undefined;
  #conditions = 0;

  take(place: string, text: string): void {
    const read = haproxyWords(text);
    if (!read.ok) {
      this.problems.push({ place, message: read.error });
      return;
    }
    const [first] = read.value.words;
    if (first === undefined) return;
    const line: HaproxyLine = { place, ...read.value };
    if (first === ".if") this.#conditions += 1;
    if (first.startsWith(".") || this.#conditions > 0) {
      this.conditional.push(line);
      if (first === ".endif") this.#conditions = Math.max(0, this.#conditions - 1);
    } else if (SECTIONS.has(first)) this.#open(first, line);
    else if (this.#lines === undefined)
      this.problems.push({ place, message: `${JSON.stringify(first.slice(0, 80))} stands before any section` });
    else this.#lines.push(line);
  }

  #open(kind: string, { place, words }: HaproxyLine): void {
    const from = words.lastIndexOf("from");
    const parent = from > 0 ? this.#named.get(words[from + 1] ?? "") : undefined;
    if (from > 0 && parent === undefined)
      this.problems.push({ place, message: `no \`defaults\` of the name after \`from\` stands before` });
    const name = from === 1 ? "" : (words[1] ?? "");
    const lines: HaproxyLine[] = [];
    this.#lines = lines;
    if (kind === "defaults") {
      this.#defaults = [...(parent ?? []), lines];
      if (name !== "") this.#named.set(name, this.#defaults);
      return;
    }
    if (INHERITING.has(kind) && name === "") this.problems.push({ place, message: `\`${kind}\` needs a name` });
    this.sections.push({ kind, name, place, inherited: INHERITING.has(kind) ? (parent ?? this.#defaults) : [], lines });
  }
}
