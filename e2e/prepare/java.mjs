import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { hashOfFiles, peersFolder } from "./peers.mjs";
import { run, step, tail } from "./run.mjs";

/** A registry that does not answer is given up after this; what is fetched is some 60 MB, Maven's own parts included. */
const fetchTimeoutMs = 300_000;
const compileTimeoutMs = 120_000;

/** Of Maven itself nothing but this is needed; without a version each Maven would take its own. */
const copyJars = "org.apache.maven.plugins:maven-dependency-plugin:3.11.0:copy-dependencies";

/**
 * Builds the Java program of a folder of e2e/peers where a JDK and Maven are installed and its jars can be fetched. Its path is a
 * class path.
 * @param {string} name of its folder, with a pom.xml whose version counts
 * @param {string} mainClass the one source file
 * @param {string} folder to build into
 * @returns {Promise<{ ok: true, path: string, version: string } | { ok: false, reason: string }>}
 */
export async function prepareJavaProgram(name, mainClass, folder) {
  const sources = join(peersFolder, name);
  const version = /<grpc\.version>(.+)<\/grpc\.version>/.exec(readFileSync(join(sources, "pom.xml"), "utf8"))?.[1] ?? "";
  const built = join(folder, `${name}-${hashOfFiles(sources, /\.java$|^pom\.xml$/)}`);
  const path = `${join(built, "classes")}:${join(built, "lib")}/*`;
  if (existsSync(built)) return { ok: true, path, version };
  for (const tool of ["javac", "mvn"]) if (!(await run(tool, ["-version"])).ok) return { ok: false, reason: `${tool} is not installed` };
  return step(`${name} ${version}`, async () => {
    const building = `${built}.${process.pid}`;
    const failed = await buildInto(building, { sources, mainClass });
    if (failed !== undefined) return { ok: false, reason: failed };
    renameSync(building, built);
    return { ok: true, path, version };
  });
}

/** Why it failed, or undefined. */
async function buildInto(building, { sources, mainClass }) {
  mkdirSync(building, { recursive: true });
  const jars = ["-q", "-B", "-Dstyle.color=never", copyJars, "-DincludeScope=runtime", `-DoutputDirectory=${join(building, "lib")}`];
  const fetched = await run("mvn", jars, { cwd: sources, timeoutMs: fetchTimeoutMs });
  const javac = ["-Xlint:all", "-cp", `${join(building, "lib")}/*`, "-d", join(building, "classes"), `${mainClass}.java`];
  const compiled = fetched.ok ? await run("javac", javac, { cwd: sources, timeoutMs: compileTimeoutMs }) : fetched;
  if (compiled.ok) return undefined;
  rmSync(building, { recursive: true, force: true });
  return fetched.ok ? `javac failed: ${tail(compiled.output, 2)}` : `mvn could not fetch its jars: ${firstError(fetched.output)}`;
}

/** Maven closes with pages of advice; what is wrong stands in its first error. */
function firstError(output) {
  return /\[ERROR\] (.+)/.exec(output)?.[1] ?? tail(output, 2);
}
