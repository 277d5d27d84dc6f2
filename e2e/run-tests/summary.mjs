/**
 * @typedef {{ name: string, reason: string }} NotRun
 * @typedef {{ passed: number, failed: number, skipped: number, problems: string[], notRun: NotRun[] }} Result
 * problems: failures that are no test's (a file that does not load, a runner that crashed), each counted in failed
 */

/**
 * What a ring comes to. A runner that leaves no report, that ran no test, or that ended badly although no test failed
 * (an error outside every test) is one failure more: nothing is good by not having been looked at.
 * @param {string} ring name
 * @param {any} report vitest's JSON report
 * @param {string | undefined} exit how the runner ended when not with code 0
 * @returns {Result}
 */
export function resultOf(ring, report, exit) {
  const result = { passed: 0, failed: 0, skipped: 0, problems: [], notRun: [] };
  if (report === undefined) return withProblem(result, `${ring}: the runner left no report (${exit ?? "exit code 0"})`);
  for (const file of report.testResults) countFile(result, ring, file);
  if (result.passed + result.failed === 0) return withProblem(result, `${ring}: not one test ran`);
  if (result.failed === 0 && exit !== undefined) return withProblem(result, `${ring}: no test failed, but the runner ended with ${exit}`);
  return result;
}

function countFile(result, ring, file) {
  let failedHere = 0;
  for (const test of file.assertionResults) {
    if (test.status === "passed") result.passed += 1;
    else if (test.status === "failed") failedHere += 1;
    else {
      result.skipped += 1;
      result.notRun.push({
        name: `${ring}: ${test.fullName}`,
        reason: test.meta?.notRun ?? "the test is marked as skipped, without a reason",
      });
    }
  }
  result.failed += failedHere;
  if (file.status === "failed" && failedHere === 0) withProblem(result, `${ring}: ${file.name} did not run to its end`);
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
    .map((name) => ({ passed: 0, failed: 1, skipped: 0, problems: [`npm run ${name}`], notRun: [] }));
}

/** @param {readonly Result[]} results @returns {Result} */
export function addUp(results) {
  const sum = (of) => results.reduce((total, result) => total + of(result), 0);
  return {
    passed: sum((result) => result.passed),
    failed: sum((result) => result.failed),
    skipped: sum((result) => result.skipped),
    problems: results.flatMap((result) => result.problems),
    notRun: results.flatMap((result) => result.notRun),
  };
}
