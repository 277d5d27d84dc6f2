import { describe, expect, test } from "vitest";
import { addUp, failedSteps, lineOfFailedTest, resultOf } from "./summary.mjs";

const passed = { status: "passed", fullName: "it works", meta: {} };
const failed = { status: "failed", fullName: "it fails", meta: {}, failureMessages: ["expected 1 to be 2\n    at a.test.ts:3:1"] };
const report = (...files) => ({
  testResults: files.map((tests) => ({
    name: "a.test.ts",
    status: tests.includes(failed) ? "failed" : "passed",
    message: "",
    assertionResults: tests,
  })),
});

describe("the result of a ring", () => {
  test("counts tests, passed and failed", () => {
    expect(resultOf("ring", { report: report([passed, failed], [passed]), exit: "exit code 1" })).toMatchObject({
      passed: 2,
      failed: 1,
      skipped: 0,
      problems: [],
    });
  });

  test("names a test that was not run, with its reason", () => {
    const skipped = { status: "skipped", fullName: "Envoy follows", meta: { notRun: "no wheel for this platform" } };
    const result = resultOf("ring", { report: report([passed, skipped]), exit: undefined });
    expect(result).toMatchObject({ passed: 1, failed: 0, skipped: 1 });
    expect(result.notRun).toEqual([{ name: "ring: Envoy follows", reason: "no wheel for this platform" }]);
  });

  test("is a failure when the runner left no report", () => {
    expect(resultOf("ring", { report: undefined, exit: "ended by SIGKILL" })).toMatchObject({
      failed: 1,
      problems: ["ring: the runner left no report (ended by SIGKILL)"],
    });
  });

  test("is a failure when not one test ran", () => {
    expect(resultOf("ring", { report: report(), exit: undefined })).toMatchObject({ failed: 1, problems: ["ring: not one test ran"] });
  });

  test("is a failure when the runner ended badly although no test failed", () => {
    expect(resultOf("ring", { report: report([passed]), exit: "exit code 1" })).toMatchObject({ passed: 1, failed: 1 });
  });

  test("says which error it was that no test had", () => {
    const errors = [{ message: "Error: an unhandled rejection\n    at ports.ts:3:1" }];
    expect(resultOf("ring", { report: report([passed]), exit: "exit code 1", errors }).problems).toEqual([
      "ring: no test failed, but the runner ended with exit code 1: Error: an unhandled rejection\n    at ports.ts:3:1",
    ]);
  });

  test("says why the hooks of a file failed", () => {
    const skipped = { status: "skipped", fullName: "inner", meta: {} };
    const hooked = { testResults: [{ name: "b.test.ts", status: "failed", message: "", assertionResults: [skipped] }] };
    const errors = [{ file: "b.test.ts", message: "Error: no server" }];
    expect(resultOf("ring", { report: hooked, exit: "exit code 1", errors }).problems).toEqual([
      "ring: b.test.ts did not run to its end: Error: no server",
    ]);
  });

  test("counts a file that did not load as one failure", () => {
    const broken = {
      testResults: [
        ...report([passed]).testResults,
        { name: "b.test.ts", status: "failed", message: "no such module", assertionResults: [] },
      ],
    };
    expect(resultOf("ring", { report: broken, exit: "exit code 1" })).toMatchObject({
      passed: 1,
      failed: 1,
      problems: ["ring: b.test.ts did not run to its end: no such module"],
    });
  });
});

test("a step that failed before the tests is one failure more", () => {
  const total = addUp([resultOf("ring", { report: report([passed]), exit: undefined }), ...failedSteps(",lint,unused")]);
  expect(total).toMatchObject({ passed: 1, failed: 2, problems: ["npm run lint", "npm run unused"] });
});

describe("a failed test is named once more at the end", () => {
  const lineOf = (message) => lineOfFailedTest({ ring: "unit ring", file: "a.test.ts", test: "it fails", message });

  test("with its ring, its file, its full name and its message", () => {
    const total = addUp([
      resultOf("unit ring", { report: report([passed]), exit: undefined }),
      resultOf("unit ring", { report: report([failed]), exit: "exit code 1" }),
    ]);
    expect(total.failedTests.map(lineOfFailedTest)).toEqual([
      "failed: unit ring: a.test.ts: it fails\n    expected 1 to be 2\n        at a.test.ts:3:1",
    ]);
  });

  test("without the frames of the runner, and without colours", () => {
    const frames = "\n    at a.test.ts:3:1\n    at file:///x/node_modules/@vitest/runner/a.js:1:1\n    at new Promise (<anonymous>)";
    expect(lineOf(`\u001b[31mexpected\u001b[39m${frames}`)).toBe(
      "failed: unit ring: a.test.ts: it fails\n    expected\n        at a.test.ts:3:1",
    );
  });

  test("with no more than the first lines, each cut where it is long", () => {
    const lines = lineOf(`${"x".repeat(1_000)}\n`.repeat(40)).split("\n");
    expect(lines).toHaveLength(16);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(420);
  });
});
