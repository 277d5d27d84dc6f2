import { stripVTControlCharacters } from "node:util";

/**
 * @typedef {{ name: string, reason: string }} NotRun
 * @typedef {{ ring: string, file: string, test: string, message: string }} FailedTest
 * @typedef {{ passed: number, failed: number, skipped: number, problems: string[], failedTests: FailedTest[], notRun: NotRun[] }} Result
 * problems: failures that are no test's (a file that does not load, a runner that crashed), each counted in failed
 */

/** Of a failure's message this much is repeated at the end: what was expected and seen, and where. */
const shownLines = 15;
const shownColumns = 400;

/**
 * How a ring ended.
 * @typedef {{ file?: string, message: string }} OtherError an error outside of every test: of a hook, a file, or nobody's
 * @typedef {{ report: any, exit: string | undefined, errors?: OtherError[] }} End
 * report: vitest's JSON report; exit: how the runner ended when not with code 0; errors: of errors-reporter.mjs
 */

/**
 * What a ring comes to. A runner that leaves no report, that ran no test, or that ended badly although no test failed
 * (an error outside every test) is one failure more: nothing is good by not having been looked at.
 * @param {string} ring name
 * @param {End} end
 * @returns {Result}
 */
export function resultOf(ring, { report, exit, errors = [] }) {
  const result = { passed: 0, failed: 0, skipped: 0, problems: [], failedTests: [], notRun: [] };
  if (report === undefined) return withProblem(result, `${ring}: the runner left no report (${exit ?? "exit code 0"})`);
  for (const file of report.testResults) countFile(result, ring, { ...file, errors: errors.filter((error) => error.file === file.name) });
  if (result.passed + result.failed === 0) return withProblem(result, `${ring}: not one test ran`);
  if (result.failed === 0 && exit !== undefined) {
    return withProblem(result, `${ring}: no test failed, but the runner ended with ${exit}${because(errors)}`);
  }
  return result;
}

function countFile(result, ring, file) {
  let failedHere = 0;
  for (const test of file.assertionResults) {
    if (test.status === "passed") result.passed += 1;
    else if (test.status === "failed") {
      failedHere += 1;
      result.failedTests.push({ ring, file: file.name, test: test.fullName, message: test.failureMessages.join("\n") });
    } else {
      result.skipped += 1;
      result.notRun.push({
        name: `${ring}: ${test.fullName}`,
        reason: test.meta?.notRun ?? "the test is marked as skipped, without a reason",
      });
    }
  }
  result.failed += failedHere;
  if (file.status === "failed" && failedHere === 0)
    withProblem(result, `${ring}: ${file.name} did not run to its end${because([{ message: file.message }, ...file.errors])}`);
}

/** The first that says something. */
function because(errors) {
  const said = errors.find(({ message }) => message !== "");
  return said === undefined ? "" : `: ${firstLines(said.message)}`;
}

/** The end of a log is what is left when it is cut, so what failed is said there once more. @param {FailedTest} failed */
export function lineOfFailedTest({ ring, file, test, message }) {
  return `failed: ${ring}: ${file}: ${test}\n${firstLines(message).replace(/^/gm, "    ")}`;
}

/** Without the runner's own frames, and without colours. */
function firstLines(message) {
  const lines = stripVTControlCharacters(message)
    .split("\n")
    .filter((line) => !/^\s+at .*\/node_modules\//.test(line) && !/^\s+at new Promise/.test(line));
  return lines
    .slice(0, shownLines)
    .map((line) => (line.length > shownColumns ? `${line.slice(0, shownColumns)}…` : line))
    .join("\n");
}

function withProblem(result, problem) {
  result.failed += 1;
  result.problems.push(problem);
  return result;
}

/** Steps that failed before the tests, as .ci/run hands them over: names with commas between. */
export function failedSteps(names = "") {
  return names
    .split(",")
    .filter((name) => name !== "")
    .map((name) => ({ passed: 0, failed: 1, skipped: 0, problems: [`npm run ${name}`], failedTests: [], notRun: [] }));
}

/** @param {readonly Result[]} results @returns {Result} */
export function addUp(results) {
  const sum = (of) => results.reduce((total, result) => total + of(result), 0);
  return {
    passed: sum((result) => result.passed),
    failed: sum((result) => result.failed),
    skipped: sum((result) => result.skipped),
    problems: results.flatMap((result) => result.problems),
    failedTests: results.flatMap((result) => result.failedTests),
    notRun: results.flatMap((result) => result.notRun),
  };
}
