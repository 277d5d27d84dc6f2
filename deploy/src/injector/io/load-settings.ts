import { dirname, resolve } from "node:path";
import { type ConfigProblem, type Environment, fail, type Result } from "@fairlead/shared";
import { type FileContents, readFiles } from "@fairlead/shared/io";
import { type ReadSettings, readSettings } from "../read-settings.js";

export interface LoadedSettings {
  readonly read: Result<ReadSettings, readonly ConfigProblem[]>;
  /** What was read; a watch that knows it misses no change made since. */
  readonly contents: FileContents;
}

/** Reads the configuration file. A file that cannot be read is a problem like any other. */
export async function loadSettings(file: string, environment: Environment): Promise<LoadedSettings> {
  const contents = await readFiles([file]);
  return { read: settingsIn(contents, file, environment), contents };
}

/** The settings in what was read of `file`. */
export function settingsIn(contents: FileContents, file: string, environment: Environment): Result<ReadSettings, readonly ConfigProblem[]> {
  const content = contents.get(file) ?? fail("no such file");
  if (!content.ok) return fail([{ place: { kind: "file", file, line: 1, column: 1 }, path: [], message: content.error }]);
  const directory = dirname(resolve(file));
  return readSettings({ file, text: content.value, environment, resolve: (path) => resolve(directory, path) });
}
