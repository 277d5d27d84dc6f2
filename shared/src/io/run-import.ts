// `import`: another program's configuration in, ours out.

import { writeFile } from "node:fs/promises";
import { EXIT } from "../config/index.js";
import type { Result } from "../result.js";
import { readFiles } from "./read-files.js";

/** What was converted, and what there is to say about it. */
export interface Converted {
  readonly text: string;
  /** One line each, with its place. */
  readonly remarks: readonly string[];
  /** Whether the configuration says everything that the original said. */
  readonly complete: boolean;
}

export interface Importing {
  /** The files it takes, as in a usage: `synapse.json|haproxy.cfg`. */
  readonly files: string;
  /** The error is one line for each problem, with its place. */
  convert(file: string, text: string): Result<Converted, readonly string[]>;
}

/** Converts `file`, writes the result and says the rest; gives the exit code. A file that is there already is not overwritten. */
export async function runImport(
  importing: Importing,
  { file, out }: { readonly file: string; readonly out: string | undefined },
): Promise<number> {
  const [text] = (await readFiles([file])).values();
  if (text === undefined || !text.ok) return complain([`${file}: ${text?.error ?? "no file has this name"}`], EXIT.noInput);
  const converted = importing.convert(file, text.value);
  if (!converted.ok) return complain(converted.error, EXIT.unreadable);
  const { remarks, complete } = converted.value;
  if (out === undefined) process.stdout.write(converted.value.text);
  else {
    const failure = await write(out, converted.value.text);
    if (failure !== undefined) return complain([failure], EXIT.notWritten);
  }
  return complain(remarks, complete ? EXIT.ok : EXIT.leftOut);
}

async function write(file: string, text: string): Promise<string | undefined> {
  try {
    await writeFile(file, text, { flag: "wx" });
    return undefined;
  } catch (error) {
    const exists = error instanceof Error && "code" in error && error.code === "EEXIST";
    return `${file}: ${exists ? "is there already; remove it or choose another name" : `cannot be written: ${error instanceof Error ? error.message : String(error)}`}`;
  }
}

function complain(lines: readonly string[], code: number): number {
  if (lines.length > 0) process.stderr.write(`${lines.join("\n")}\n`);
  return code;
}
