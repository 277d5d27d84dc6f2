import { dirname, resolve } from "node:path";
import { type ConfigProblem, type Environment, fail, type Result } from "@fairlead/shared";
import { type FileContents, readFiles } from "@fairlead/shared/io";
import { type ReadSettings, readSettings } from "../read-settings.js";

export interface LoadedSettings {
  readonly read: Result<ReadSettings, readonly ConfigProblem[]>;
  /** What to watch. */
  readonly paths: readonly string[];
  /** What was read; a watch that knows it misses no change made since. */
  readonly contents: FileContents;
}

/** Reads the configuration file. A file that cannot be read is a problem like any other. */
export async function loadSettings(file: string, environment: Environment): Promise<LoadedSettings> {
  const contents = await readFiles([file]);
  const found = { paths: [file], contents };
  const content = contents.get(file);
  if (content?.ok !== true) {
    const message = content === undefined ? "no such file" : content.error;
    return { read: fail([{ place: { kind: "file", file, line: 1, column: 1 }, path: [], message }]), ...found };
  }
  const directory = dirname(resolve(file));
  return { read: readSettings({ file, text: content.value, environment, resolve: (path) => resolve(directory, path) }), ...found };
}
