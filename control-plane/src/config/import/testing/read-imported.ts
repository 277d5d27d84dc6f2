import { formatProblems } from "@fairlead/shared";
import { type ReadSettings, readSettings } from "../../read-settings.js";

/** The settings an import gives; throws what the check says of them. */
export function readImported(text: string): ReadSettings {
  const read = readSettings({ main: { file: "imported.yaml", text }, environment: {}, included: [], resolve: (path) => path });
  if (!read.ok) throw new Error(`${formatProblems(read.error)}\n${text}`);
  return read.value;
}
