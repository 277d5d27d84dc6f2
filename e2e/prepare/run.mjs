import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Top of the checkout, without a trailing slash. */
export const top = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

/** A reason why the checkout could not be made ready, in words for the person who ran the command. */
export class Unprepared extends Error {}

/** What is kept of a command's output: enough to show why it failed, never a whole build log. */
const keptOutputChars = 16_000;

/**
 * Runs a command with its output captured; stdin is closed, so nothing can wait for an answer.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ env?: Record<string, string>, cwd?: string, show?: boolean, timeoutMs?: number }} [options] show: pass the output through as it comes;
 * timeoutMs: what takes longer is ended, and is not ok
 * @returns {Promise<{ ok: boolean, output: string }>} never rejects: a command that is not there is not ok
 */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: options.cwd ?? top,
      env: { ...process.env, ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: options.timeoutMs,
    });
    let output = "";
    const keep = (chunk) => {
      output = (output + chunk).slice(-keptOutputChars);
      if (options.show) process.stderr.write(chunk);
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.on("error", (error) => resolve({ ok: false, output: error.message }));
    child.on("close", (code) => resolve({ ok: code === 0, output }));
  });
}

/** Tells the person what is going on and, when it is done, how long it took. */
export async function step(what, work) {
  const started = Date.now();
  process.stderr.write(`prepare: ${what} ...\n`);
  const result = await work();
  process.stderr.write(`prepare: ${what}: ${((Date.now() - started) / 1000).toFixed(1)} s\n`);
  return result;
}

/** The last lines of an output, for a one-paragraph reason. */
export function tail(output, lines = 15) {
  return output.trim().split("\n").slice(-lines).join("\n");
}
