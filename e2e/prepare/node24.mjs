import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { run, step, tail } from "./run.mjs";

/**
 * A second Node, of the long-term line after the oldest one supported, so that one test run covers both. It comes from
 * npm but lives outside the workspace: as a dependency its `node` would stand before the user's own in every npm script.
 * @param {string} folder to install it into
 * @returns {Promise<{ ok: true, path: string, version: string } | { ok: false, reason: string }>}
 */
export async function prepareNode24(folder) {
  const packageName = `node-${process.platform}-${process.arch}`;
  const path = join(folder, "node_modules", packageName, "bin/node");
  const there = await versionOf(path);
  if (there.ok) return there;
  return step("node 24", async () => {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const args = ["install", "--prefix", folder, "--no-save", "--no-package-lock", "--ignore-scripts", `${packageName}@24`];
    const installed = await run("npm", args, { cwd: folder });
    return installed.ok ? versionOf(path) : { ok: false, reason: `npm install ${packageName}@24 failed: ${tail(installed.output, 2)}` };
  });
}

async function versionOf(path) {
  const asked = await run(path, ["--version"]);
  const version = asked.output.trim();
  if (!asked.ok) return { ok: false, reason: `${path} does not run: ${tail(asked.output, 1)}` };
  return version.startsWith("v24.") ? { ok: true, path, version } : { ok: false, reason: `${path} is ${version}, wanted v24` };
}
