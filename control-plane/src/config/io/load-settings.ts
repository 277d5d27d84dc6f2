import { dirname, isAbsolute, resolve } from "node:path";
import { type ConfigProblem, type Environment, fail, type Result } from "@fairlead/shared";
import { type FileContents, readFiles } from "@fairlead/shared/io";
import { type ConfigText, includePatterns, type ReadSettings, readSettings } from "../read-settings.js";

export interface LoadedSettings {
  readonly read: Result<ReadSettings, readonly ConfigProblem[]>;
  /** What to watch: the file and what it includes. */
  readonly paths: readonly string[];
  /** What was read; a watch that knows it misses no change made since. */
  readonly contents: FileContents;
}

/** Reads the configuration file and what it includes. A file that cannot be read is a problem like any other. */
export async function loadSettings(file: string, environment: Environment): Promise<LoadedSettings> {
  const directory = dirname(resolve(file));
  const mainContents = await readFiles([file]);
  const main = textsOf(mainContents);
  const patterns = main.ok && main.value[0] !== undefined ? includePatterns(main.value[0], environment) : [];
  const include = patterns.map((pattern) => (isAbsolute(pattern) ? pattern : `${dirname(file)}/${pattern}`));
  const includedContents = withoutFile(await readFiles(include), file);
  const found = { paths: [file, ...include], contents: new Map([...mainContents, ...includedContents]) };
  if (!main.ok) return { read: main, ...found };
  const included = textsOf(includedContents);
  if (!included.ok) return { read: included, ...found };
  const [mainText = { file, text: "" }] = main.value;
  const resolved = (path: string) => resolve(directory, path);
  return { read: readSettings({ main: mainText, included: included.value, environment, resolve: resolved }), ...found };
}

/** `include: "*.yaml"` may name the file it stands in. */
function withoutFile(contents: FileContents, file: string): FileContents {
  return new Map([...contents].filter(([path]) => resolve(path) !== resolve(file)));
}

function textsOf(contents: FileContents): Result<readonly ConfigText[], readonly ConfigProblem[]> {
  const texts: ConfigText[] = [];
  const problems: ConfigProblem[] = [];
  for (const [file, content] of contents) {
    if (content.ok) texts.push({ file, text: content.value });
    else problems.push({ place: { kind: "file", file, line: 1, column: 1 }, path: [], message: content.error });
  }
  return problems.length > 0 ? fail(problems) : { ok: true, value: texts };
}
