#!/usr/bin/env node
// Runs the rings one after the other and closes with one line, `N passed, N failed`, that counts them all.
// Before that line it names everything that was not run, with the reason, and last everything that failed, with the
// first lines of its message: a log that is cut still tells what went wrong.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { top } from "./prepare/run.mjs";
import { runRing } from "./run-tests/ring.mjs";
import { addUp, failedSteps, lineOfFailedTest } from "./run-tests/summary.mjs";

const { node24 } = JSON.parse(readFileSync(join(top, ".servers/status.json"), "utf8"));
const alreadyOn24 = process.version.startsWith("v24.");

const rings = [
  { name: "unit ring", args: [], node: process.execPath },
  { name: "end-to-end ring", args: ["--config", "e2e/vitest.config.ts"], node: process.execPath },
];
if (node24.ok && !alreadyOn24) rings.push({ name: `unit ring on Node ${node24.version}`, args: [], node: node24.path });

const results = [];
for (const ring of rings) {
  console.log(`\n== ${ring.name}`);
  results.push(await runRing(ring));
}
if (!node24.ok && !alreadyOn24) results.push(notRunRing("unit ring on Node 24", node24.reason));

const total = addUp([...results, ...failedSteps(process.env.GATE_FAILED_STEPS)]);
console.log("");
for (const { name, reason } of total.notRun) console.log(`not run: ${name}: ${reason}`);
for (const failed of total.failedTests) console.log(lineOfFailedTest(failed));
for (const line of total.problems) console.log(`failed: ${line}`);
process.exitCode = total.failed > 0 ? 1 : 0;
console.log(`${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ""}`);

function notRunRing(name, reason) {
  return { passed: 0, failed: 0, skipped: 1, problems: [], failedTests: [], notRun: [{ name, reason }] };
}
