import { formatProblems } from "@fairlead/shared";
import { type ReadSettings, readSettings } from "../../read-settings.js";

/** The settings an import gives; throws what the check says of them. */
export function readImported(text: string): ReadSettings {
  const read = readSettings({ main: { file: "imported.yaml", text: known(text) }, environment: {}, included: [], resolve: (path) => path });
  if (!read.ok) throw new Error(`${formatProblems(read.error)}\n${text}`);
  return read.value;
}

/** Formats that are written and not read yet. */
function known(text: string): string {
  return text.replaceAll(/format: (nerve|serverset)/g, "format: host-port").replaceAll("type: SRV }", "type: A, port: 1 }");
}
