import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { MAX_CONFIG_BYTES, tooLarge } from "../config/index.js";
import { fail, ok, type Result } from "../result.js";

/** Text by path, in order of paths; of a file that cannot be read the reason. */
export type FileContents = ReadonlyMap<string, Result<string>>;

/** More files in one directory are a mistake in the pattern. */
const MAX_FILES = 1_000;

/**
 * Reads files and `DIRECTORY/*.SUFFIX` patterns as UTF-8, each file at most 4 MiB (checked before reading). A pattern whose
 * directory cannot be read is reported under the pattern itself; one that matches nothing adds nothing.
 */
export async function readFiles(paths: readonly string[]): Promise<FileContents> {
  const contents = new Map<string, Result<string>>();
  for (const path of paths) {
    const expanded = await expandPath(path);
    if (!expanded.ok) contents.set(path, expanded);
    else for (const file of expanded.value) contents.set(file, await readText(file));
  }
  return contents;
}

/** The directory part is taken as it is; a `*` in the last part matches any text, as in a shell not a leading dot. */
async function expandPath(path: string): Promise<Result<readonly string[]>> {
  if (!path.includes("*")) return ok([path]);
  const directory = dirname(path);
  if (directory.includes("*")) return fail("only the last part of a path may hold a *, such as services.d/*.yaml");
  const [before = "", after = "", ...more] = basename(path).split("*");
  if (more.length > 0) return fail("a path may hold one * only, such as services.d/*.yaml");
  try {
    const names = (await readdir(directory)).filter((name) => matches(name, before, after)).sort();
    if (names.length > MAX_FILES) return fail(`${names.length} files match; ${MAX_FILES} are the most`);
    return ok(names.map((name) => join(directory, name)));
  } catch (error) {
    return fail(reasonOf(error));
  }
}

function matches(name: string, before: string, after: string): boolean {
  const hidden = before === "" && name.startsWith(".");
  return !hidden && name.length >= before.length + after.length && name.startsWith(before) && name.endsWith(after);
}

async function readText(path: string): Promise<Result<string>> {
  try {
    const { size } = await stat(path);
    if (size > MAX_CONFIG_BYTES) return fail(tooLarge(size));
    return ok(await readFile(path, "utf8"));
  } catch (error) {
    return fail(reasonOf(error));
  }
}

/** The system's words without the path, which the message already begins with. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return `cannot be read: ${text.replace(/, \w+( '[^']*')?$/, "")}`;
}
