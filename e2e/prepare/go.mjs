import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { run, step, tail, top } from "./run.mjs";

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
  const sources = join(top, "e2e/peers", name);
  const { hash, version } = look(sources, module);
  const path = join(folder, `${name}-${hash}`);
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

function look(sources, module) {
  const files = readdirSync(sources).filter((name) => /\.go$|^go\.(mod|sum)$/.test(name));
  const hash = createHash("sha256");
  for (const file of files.sort())
    hash
      .update(file)
      .update("\0")
      .update(readFileSync(join(sources, file)))
      .update("\0");
  const words = readFileSync(join(sources, "go.mod"), "utf8").split(/\s+/);
  return { hash: hash.digest("hex").slice(0, 12), version: words[words.indexOf(module) + 1] };
}
