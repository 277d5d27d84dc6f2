import type { TSchema } from "typebox";
import { fail, ok, type Result } from "../result.js";
import { nearest } from "./nearest.js";

/** What a plane was started to do. */
export type Command =
  /** `strict`: what is only doubtful is refused too. */
  | { readonly kind: "run" | "check-config" | "print-config"; readonly file: string; readonly strict: boolean }
  /** Converts another program's configuration, to a file or to the standard output. */
  | { readonly kind: "import"; readonly file: string; readonly out: string | undefined }
  | { readonly kind: "print-schema" | "version" | "help" };

/**
 * Exit codes of sysexits.h: 64 EX_USAGE, 65 EX_DATAERR, 66 EX_NOINPUT, 73 EX_CANTCREAT, 78 EX_CONFIG. 3 is ours: an import
 * wrote a good configuration, and left something of the original out.
 */
export const EXIT = { ok: 0, leftOut: 3, usage: 64, unreadable: 65, noInput: 66, notWritten: 73, config: 78 } as const;

/** What not every program can do. */
export interface Abilities {
  /** Files that `import` takes, as in its usage; absent where there is no `import`. */
  readonly imports?: string;
  /** Whether there is something that `--strict` refuses. */
  readonly strict?: boolean;
}

const ACTIONS = ["check-config", "print-config", "print-schema", "version", "help"] as const;
type Action = (typeof ACTIONS)[number];
const OPTIONS = ["--config", ...ACTIONS.map((action) => `--${action}`)];

/** Parses the arguments after the program's name. The error says what to write instead; exit with `EXIT.usage`. */
export function parseCommandLine(words: readonly string[], abilities: Abilities = {}): Result<Command> {
  if (words[0] === "import" && abilities.imports !== undefined) return parseImport(words.slice(1), abilities.imports);
  let file: string | undefined;
  let action: Action | undefined;
  let strict = false;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    const named = ACTIONS.find((candidate) => `--${candidate}` === word);
    if (named !== undefined) {
      if (action !== undefined && action !== named) return fail(`--${action} and --${named} exclude each other`);
      action = named;
    } else if (word === "--strict" && abilities.strict === true) strict = true;
    else if (word === "--config" || word.startsWith("--config=")) {
      if (file !== undefined) return fail("--config is given twice; more files are named by `include` in the first");
      file = word === "--config" ? words[++at] : word.slice("--config=".length);
      if (file === undefined || file === "" || file.startsWith("--")) return fail("--config needs a file: --config FILE");
    } else return fail(unknownWord(word, abilities));
  }
  return commandOf(action, file, strict);
}

function parseImport(words: readonly string[], files: string): Result<Command> {
  const usage = `import ${files} [--out FILE]`;
  const at = words.findIndex((word) => word === "--out" || word.startsWith("--out="));
  const joined = words[at]?.startsWith("--out=") === true;
  const out = at < 0 ? undefined : joined ? words[at]?.slice("--out=".length) : words[at + 1];
  const [file, ...more] = at < 0 ? words : [...words.slice(0, at), ...words.slice(at + (joined ? 1 : 2))];
  const [unknown] = [file, ...more].filter((word) => word?.startsWith("-"));
  if (unknown !== undefined) return fail(`unknown option ${unknown.slice(0, 80)}; the usage is ${usage}`);
  if (at >= 0 && (out === undefined || out === "" || out.startsWith("--"))) return fail(`--out needs a file: ${usage}`);
  if (file === undefined || file === "" || more.length > 0) return fail(`import takes one file: ${usage}`);
  return ok({ kind: "import", file, out });
}

function commandOf(action: Action | undefined, file: string | undefined, strict: boolean): Result<Command> {
  if (action === "help" || action === "version" || action === "print-schema") return ok({ kind: action });
  if (file === undefined) return fail(`which configuration? ${action === undefined ? "" : `--${action} `}--config FILE`);
  return ok({ kind: action ?? "run", file, strict });
}

function unknownWord(word: string, { strict }: Abilities): string {
  const options = strict === true ? [...OPTIONS, "--strict"] : OPTIONS;
  if (!word.startsWith("-")) return `unexpected ${JSON.stringify(word.slice(0, 80))}; a configuration file is given as --config FILE`;
  const meant = nearest(word, options);
  return `unknown option ${word.slice(0, 80)}; ${meant === undefined ? `the options are ${options.join(", ")}` : `did you mean ${meant}?`}`;
}

const IMPORT_HELP = `import writes a commented configuration to FILE or the standard output, and says on the standard error what it left out:
${EXIT.ok} nothing, ${EXIT.leftOut} something, ${EXIT.unreadable} the file is not what it should be, ${EXIT.noInput} it cannot be read, ${EXIT.notWritten} FILE cannot be written or is there already.
`;

/** The text of `--help`. */
export function helpText(program: string, { imports, strict }: Abilities = {}): string {
  return `usage: ${program} --config FILE [option]
${imports === undefined ? "" : `       ${program} import ${imports} [--out FILE]\n`}
  --config FILE     run with this YAML file; it is read again whenever it changes
  --check-config    check the file and end: ${EXIT.ok} if it is good, ${EXIT.config} with every problem listed if not
  --print-config    print the effective values and where each came from
${strict === true ? "  --strict          refuse what is only doubtful too: at the start, on a reload, and with --check-config\n" : ""}  --print-schema    print the JSON Schema of the file
  --version         print the version
  --help            print this

Single values can be set by the environment: FAIRLEAD_XDS__LISTEN sets xds.listen (__ separates keys, case does not matter).
FAIRLEAD_LOG_LEVEL (debug, info, warn, error, silent) sets how much is logged.
${imports === undefined ? "" : IMPORT_HELP}Exit codes: ${EXIT.ok} ended as asked, ${EXIT.usage} wrong command line, ${EXIT.config} wrong configuration.
`;
}

/** The text of `--print-schema`: JSON Schema draft 7, for editors and for checks before a roll-out. */
export function publishedSchema(schema: TSchema, title: string): string {
  return `${JSON.stringify({ $schema: "http://json-schema.org/draft-07/schema#", title, ...schema }, undefined, 2)}\n`;
}
