import { fail, MAX_CONFIG_BYTES, ok, type Result, tooLarge } from "@fairlead/shared";
import { importHaproxy } from "./import-haproxy.js";
import { importSynapse } from "./import-synapse.js";
import { formatFinding, type Imported, type ImportProblem } from "./imported.js";

/** Converts the configuration of another program, told apart by its content: Synapse's is a map, HAProxy's has lines of words. */
export function importConfig(file: string, text: string): Result<Imported, readonly ImportProblem[]> {
  const isMap = /^\s*\{/.test(text) || /^["']?services["']?\s*:/m.test(text);
  const imported = isMap ? importSynapse(file, text) : importHaproxy(file, text);
  if (!imported.ok) return imported;
  const bytes = Buffer.byteLength(imported.value.text);
  return bytes > MAX_CONFIG_BYTES ? fail([{ place: `${file}:1`, message: `what it gives has ${tooLarge(bytes)}` }]) : imported;
}

/** The same for the command line: lines to say, and whether everything was carried. */
export function importForProgram(
  file: string,
  text: string,
): Result<{ readonly text: string; readonly remarks: readonly string[]; readonly complete: boolean }, readonly string[]> {
  const imported = importConfig(file, text);
  if (!imported.ok) return fail(imported.error.map(({ place, message }) => `${place}: ${message}`));
  const { findings } = imported.value;
  return ok({
    text: imported.value.text,
    remarks: findings.map(formatFinding),
    complete: findings.every(({ kind }) => kind === "differs"),
  });
}
