import type { TSchema } from "typebox";
import { fail, ok, type Result } from "../result.js";
import { nearest } from "./nearest.js";

/** What a plane was started to do. */
export type Command =
  | { readonly kind: "run" | "check-config" | "print-config"; readonly file: string }
  | { readonly kind: "print-schema" | "version" | "help" };

/** Exit codes of sysexits.h: 64 EX_USAGE, 78 EX_CONFIG. */
export const EXIT = { ok: 0, usage: 64, config: 78 } as const;

const ACTIONS = ["check-config", "print-config", "print-schema", "version", "help"] as const;
type Action = (typeof ACTIONS)[number];
const OPTIONS = ["--config", ...ACTIONS.map((action) => `--${action}`)];

/** Parses the arguments after the program's name. The error says what to write instead; exit with `EXIT.usage`. */
export function parseCommandLine(words: readonly string[]): Result<Command> {
  let file: string | undefined;
  let action: Action | undefined;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    const named = ACTIONS.find((candidate) => `--${candidate}` === word);
    if (named !== undefined) {
      if (action !== undefined && action !== named) return fail(`--${action} and --${named} exclude each other`);
      action = named;
    } else if (word === "--config" || word.startsWith("--config=")) {
      if (file !== undefined) return fail("--config is given twice; more files are named by `include` in the first");
      file = word === "--config" ? words[++at] : word.slice("--config=".length);
      if (file === undefined || file === "" || file.startsWith("--")) return fail("--config needs a file: --config FILE");
    } else return fail(unknownWord(word));
  }
  return commandOf(action, file);
}

function commandOf(action: Action | undefined, file: string | undefined): Result<Command> {
  if (action === "help" || action === "version" || action === "print-schema") return ok({ kind: action });
  if (file === undefined) return fail(`which configuration? ${action === undefined ? "" : `--${action} `}--config FILE`);
  return ok({ kind: action ?? "run", file });
}

function unknownWord(word: string): string {
  if (!word.startsWith("-")) return `unexpected ${JSON.stringify(word.slice(0, 80))}; a configuration file is given as --config FILE`;
  const meant = nearest(word, OPTIONS);
  return `unknown option ${word.slice(0, 80)}; ${meant === undefined ? `the options are ${OPTIONS.join(", ")}` : `did you mean ${meant}?`}`;
}

/** The text of `--help`. */
export function helpText(program: string): string {
  return `usage: ${program} --config FILE [option]

  --config FILE     run with this YAML file; it is read again whenever it changes
  --check-config    check the file and end: ${EXIT.ok} if it is good, ${EXIT.config} with every problem listed if not
  --print-config    print the effective values and where each came from
  --print-schema    print the JSON Schema of the file
  --version         print the version
  --help            print this

Single values can be set by the environment: FAIRLEAD_XDS__LISTEN sets xds.listen (__ separates keys, case does not matter).
FAIRLEAD_LOG_LEVEL (debug, info, warn, error, silent) sets how much is logged.
Exit codes: ${EXIT.ok} ended as asked, ${EXIT.usage} wrong command line, ${EXIT.config} wrong configuration.
`;
}

/** The text of `--print-schema`: JSON Schema draft 7, for editors and for checks before a roll-out. */
export function publishedSchema(schema: TSchema, title: string): string {
  return `${JSON.stringify({ $schema: "http://json-schema.org/draft-07/schema#", title, ...schema }, undefined, 2)}\n`;
}
