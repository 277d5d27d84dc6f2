import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { top } from "../prepare/run.mjs";
import { resultOf } from "./summary.mjs";

/** A ring that takes longer than this hangs. */
const ringLimitMs = 45 * 60_000;

const errorsReporter = join(top, "e2e/run-tests/errors-reporter.mjs");

/**
 * Runs one ring with vitest: its own output as it comes, its counts from the JSON report.
 * @param {{ name: string, args: readonly string[], node: string }} ring
 */
export async function runRing(ring) {
  const folder = mkdtempSync(join(tmpdir(), "fairlead-ring-"));
  const report = join(folder, "report.json");
  const errors = join(folder, "errors.json");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`, `--reporter=${errorsReporter}`];
  try {
    const args = [join(top, "node_modules/vitest/vitest.mjs"), "run", ...ring.args, ...reporters];
    const exit = await runToEnd(ring.node, args, { RING_ERRORS_FILE: errors });
    return resultOf(ring.name, { report: readJson(report), exit, errors: readJson(errors) });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns {Promise<string | undefined>} how it ended when not with code 0 */
function runToEnd(node, args, more) {
  return new Promise((resolve) => {
    // The ring's own Node comes first in PATH, so that what it starts as `node` is the same one.
    const env = { ...process.env, ...more, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ""}` };
    const child = spawn(node, args, { cwd: top, env, stdio: ["ignore", "inherit", "inherit"] });
    const timer = setTimeout(() => child.kill("SIGKILL"), ringLimitMs);
    child.on("error", (error) => resolve(error.message));
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve(undefined);
      else resolve(signal === null ? `exit code ${code}` : `ended by ${signal}`);
    });
  });
}

/** Undefined when there is none: the runner ended before it could write it. */
function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}
