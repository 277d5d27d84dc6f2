// How HAProxy cuts a line into words (its configuration manual, "Quoting and escaping").

import { fail, ok, type Result } from "@fairlead/shared";

export interface HaproxyWords {
  readonly words: readonly string[];
  /** Environment variables the line refers to; HAProxy replaces them within double quotes only. */
  readonly variables: readonly string[];
}

const ESCAPED: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", " ": " ", "#": "#", "\\": "\\", '"': '"', "'": "'", $: "$" };

/** The words of one line without its line end; a comment ends it. An open quote or a broken escape is refused with its reason. */
export function haproxyWords(line: string): Result<HaproxyWords> {
  const cut = new LineCut(line);
  while (cut.step());
  return cut.problem === undefined ? ok({ words: cut.words, variables: cut.variables }) : fail(cut.problem);
}

class LineCut {
  readonly words: string[] = [];
  readonly variables: string[] = [];
  problem: string | undefined;
  readonly #line: string;
  #at = 0;
  /** Undefined between words; `""` is a word too when it was quoted. */
  #word: string | undefined;
  #quote: "'" | '"' | undefined;

  constructor(line: string) {
    this.#line = line;
  }

  /** Takes one character or escape; false at the end of what counts. */
  step(): boolean {
    const char = this.#line[this.#at];
    if (char === undefined || (char === "#" && this.#quote === undefined)) return this.#end();
    this.#at += 1;
    if (this.#quote === "'") {
      if (char === "'") this.#quote = undefined;
      else this.#add(char);
    } else if (char === "\\") this.#escape();
    else if (char === this.#quote) this.#quote = undefined;
    else if (char === "$" && this.#quote === '"') this.#variable();
    else if (this.#quote === undefined && (char === "'" || char === '"')) this.#open(char);
    else if (this.#quote === undefined && /\s/.test(char)) this.#close();
    else this.#add(char);
    return this.problem === undefined;
  }

  #end(): boolean {
    if (this.#quote !== undefined) this.problem = `a quote ${this.#quote} is opened and not closed on this line`;
    this.#close();
    return false;
  }

  #open(quote: "'" | '"'): void {
    this.#quote = quote;
    this.#word ??= "";
  }

  #add(text: string): void {
    this.#word = (this.#word ?? "") + text;
  }

  #close(): void {
    if (this.#word !== undefined) this.words.push(this.#word);
    this.#word = undefined;
  }

  #escape(): void {
    const next = this.#line[this.#at];
    if (next === "x") {
      const hex = /^[0-9a-fA-F]{2}/.exec(this.#line.slice(this.#at + 1))?.[0];
      if (hex === undefined) this.problem = "\\x needs two hexadecimal digits";
      else this.#add(String.fromCharCode(Number.parseInt(hex, 16)));
      this.#at += 3;
      return;
    }
    const meant = next === undefined ? undefined : ESCAPED[next];
    // Any other backslash stands for itself, as in regular expressions.
    this.#add(meant ?? "\\");
    if (meant !== undefined) this.#at += 1;
  }

  #variable(): void {
    const name = /^(?:\{([A-Za-z_]\w*)(?:\[\*\])?(?:-[^}]*)?\}|([A-Za-z_]\w*))/.exec(this.#line.slice(this.#at));
    if (name === null) {
      this.#add("$");
      return;
    }
    this.variables.push(name[1] ?? name[2] ?? "");
    this.#add(`$${name[0]}`);
    this.#at += name[0].length;
  }
}
