import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { top } from "./run.mjs";

/** Programs in other languages. */
export const peersFolder = join(top, "e2e/peers");

/** A short hash of the files of a folder whose names match, names included: what is built carries it in its own name. */
export function hashOfFiles(folder, matching) {
  const hash = createHash("sha256");
  for (const name of readdirSync(folder).sort()) {
    if (matching.test(name))
      hash
        .update(`${name}\0`)
        .update(readFileSync(join(folder, name)))
        .update("\0");
  }
  return hash.digest("hex").slice(0, 12);
}
