// The sidecar as the containers carry and start it.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryTop } from "../harness/paths.js";

/** The one file that the containers carry: half of what a sidecar keeps of its modules goes when they are one. */
export function shippedSidecar(): string {
  execFileSync("node", ["deploy/bundle.mjs", "sidecar"], { cwd: repositoryTop, stdio: "inherit" });
  return join(repositoryTop, "deploy/bundle/sidecar.mjs");
}

/** What the containers start Node with, flags and environment, as an environment. @param more flags */
export function shippedEnvironment(more = ""): Readonly<Record<string, string>> {
  const file = readFileSync(join(repositoryTop, "deploy/containers/sidecar.Containerfile"), "utf8");
  const command = JSON.parse(/^ENTRYPOINT (.+)$/m.exec(file)?.[1] ?? "[]") as readonly string[];
  const flags = command.filter((word) => word.startsWith("--"));
  const pairs = (/^ENV (.+)$/m.exec(file)?.[1] ?? "").split(" ").map((pair) => pair.split("=") as [string, string]);
  return { ...Object.fromEntries(pairs), NODE_OPTIONS: [...flags, more].join(" ") };
}
