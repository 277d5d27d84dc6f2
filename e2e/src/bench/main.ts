// npm run bench             lists the benches
// npm run bench -- NAME     runs one; its last line is one line of JSON: the figures, the Node version and the commit
import { execFileSync } from "node:child_process";
import { repositoryTop } from "../harness/paths.js";
import { outputOfEverything, stopEverything } from "../harness/teardown.js";
import type { Bench } from "./bench.js";
import { benches } from "./benches.js";

const name = process.argv[2];
const bench = benches.find((candidate) => candidate.name === name);
if (bench !== undefined) {
  await runBench(bench);
  // What was started is stopped: a connection that a library still closes at its leisure is nobody's any more.
  process.exit();
} else {
  if (name !== undefined) console.error(`there is no bench called ${name}`);
  console.log("npm run bench -- NAME, where NAME is one of:");
  for (const each of benches) console.log(`  ${each.name.padEnd(24)}${each.measures}`);
  process.exitCode = name === undefined ? 0 : 1;
}

async function runBench(chosen: Bench): Promise<void> {
  try {
    const figures = await chosen.run();
    await stopEverything();
    console.log(JSON.stringify({ bench: chosen.name, ...figures, node: process.version, commit: commit() }));
  } catch (error) {
    console.error(error);
    console.error(`what the processes said last:\n${outputOfEverything()}`);
    process.exitCode = 1;
    await stopEverything();
  }
}

/** The commit the figures belong to; "-dirty" when the checkout differs from it, "none" outside a repository. */
function commit(): string {
  try {
    const options = { cwd: repositoryTop, stdio: ["ignore", "pipe", "ignore"] as ["ignore", "pipe", "ignore"] };
    return execFileSync("git", ["describe", "--always", "--dirty", "--abbrev=12", "--match=NOTHING"], options).toString().trim();
  } catch {
    return "none";
  }
}
