import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { hashOfFiles, peersFolder } from "./peers.mjs";
import { run, step, tail } from "./run.mjs";

/** A registry that does not answer is given up after this; what is fetched is some 30 MB. */
const fetchTimeoutMs = 180_000;
/** A minute on two free cores, the first time. */
const buildTimeoutMs = 900_000;

/** CGO off: no C compiler is needed. The tool chain that is here, never one that it would fetch by itself. */
const env = { CGO_ENABLED: "0", GOTOOLCHAIN: "local" };

/**
 * Builds a Go program of e2e/peers where Go is installed and its modules can be fetched. Its file carries the hash of its
 * sources, so that what is there is what would be built.
 * @param {string} name of its folder
 * @param {string} module whose version counts
 * @param {string} folder to build into
 * @returns {Promise<{ ok: true, path: string, version: string } | { ok: false, reason: string }>}
 */
export async function prepareGoProgram(name, module, folder) {
  const sources = join(peersFolder, name);
  const version = versionOf(module, sources);
  const path = join(folder, `${name}-${hashOfFiles(sources, /\.go$|^go\.(mod|sum)$/)}`);
  if (existsSync(path)) return { ok: true, path, version };
  const go = await findGo();
  if (go === undefined) return { ok: false, reason: "Go is not installed (looked on PATH and in /usr/local/go)" };
  return step(`${name} ${version}`, async () => {
    const fetched = await run(go, ["mod", "download"], { cwd: sources, env, timeoutMs: fetchTimeoutMs });
    if (!fetched.ok) return { ok: false, reason: `go mod download failed: ${tail(fetched.output, 2)}` };
    mkdirSync(folder, { recursive: true });
    const building = `${path}.${process.pid}`;
    const args = ["build", "-mod=readonly", "-buildvcs=false", "-trimpath", "-ldflags=-s -w", "-o", building, "."];
    const built = await run(go, args, { cwd: sources, env, timeoutMs: buildTimeoutMs });
    if (!built.ok) return { ok: false, reason: `go build failed: ${tail(built.output, 2)}` };
    renameSync(building, path);
    return { ok: true, path, version };
  });
}

async function findGo() {
  for (const candidate of ["go", "/usr/local/go/bin/go"]) if ((await run(candidate, ["version"])).ok) return candidate;
  return undefined;
}

/** As go.mod requires it. */
function versionOf(module, sources) {
  const words = readFileSync(join(sources, "go.mod"), "utf8").split(/\s+/);
  return words[words.indexOf(module) + 1];
}
