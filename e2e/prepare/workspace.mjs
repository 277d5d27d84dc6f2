import { readFileSync } from "node:fs";
import { join } from "node:path";
import { run, step, tail, top, Unprepared } from "./run.mjs";

/** Installs the npm packages when the installed tree is not the one package-lock.json names. */
export async function installPackages() {
  const lacking = firstDifference(readPackages("package-lock.json"), readPackages("node_modules/.package-lock.json"));
  if (lacking === undefined) return;
  const result = await step(`npm ci (${lacking})`, () => run("npm", ["ci"]));
  if (!result.ok) {
    throw new Unprepared(
      `npm ci failed:\n${tail(result.output)}\n` +
        "If it says that package.json and package-lock.json disagree, run `npm install` and commit package-lock.json; " +
        "if it says that the registry cannot be reached, check `npm config get registry` and the network.",
    );
  }
}

/** Builds every workspace that is older than its sources; turbo's cache decides which. */
export async function buildWorkspaces() {
  const result = await run(join(top, "node_modules/.bin/turbo"), ["run", "build", "--output-logs=errors-only"], {
    env: { TURBO_TELEMETRY_DISABLED: "1", TURBO_NO_UPDATE_NOTIFIER: "1" },
  });
  if (!result.ok) throw new Unprepared(`the build failed:\n${tail(result.output, 60)}`);
}

/** @returns {Record<string, { version?: string, optional?: boolean, link?: boolean }> | undefined} undefined: no such file */
function readPackages(file) {
  try {
    return JSON.parse(readFileSync(join(top, file), "utf8")).packages;
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw new Unprepared(`${file} cannot be read: ${error.message}`);
  }
}

/** Why the installed tree is not the wanted one, or undefined when it is. Optional packages (other platforms') may be absent. */
function firstDifference(wanted, installed) {
  if (wanted === undefined) throw new Unprepared("package-lock.json is missing; is this a whole checkout?");
  if (installed === undefined) return "no packages are installed yet";
  for (const [path, entry] of Object.entries(wanted)) {
    if (!path.includes("node_modules/")) continue;
    const there = installed[path];
    if (there === undefined && !entry.optional) return `${path} is not installed`;
    if (there !== undefined && there.version !== entry.version) return `${path} is ${there.version}, wanted ${entry.version}`;
  }
  return undefined;
}
