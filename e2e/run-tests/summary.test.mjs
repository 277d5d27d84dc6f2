import { describe, expect, test } from "vitest";
import { addUp, failedSteps, resultOf } from "./summary.mjs";

const passed = { status: "passed", fullName: "it works", meta: {} };
const failed = { status: "failed", fullName: "it fails", meta: {} };
const report = (...files) => ({
  testResults: files.map((tests) => ({ name: "a.test.ts", status: tests.includes(failed) ? "failed" : "passed", assertionResults: tests })),
});

describe("the result of a ring", () => {
  test("counts tests, passed and failed", () => {
    expect(resultOf("ring", report([passed, failed], [passed]), "exit code 1")).toMatchObject({
      passed: 2,
      failed: 1,
      skipped: 0,
      problems: [],
    });
  });

  test("names a test that was not run, with its reason", () => {
    const skipped = { status: "skipped", fullName: "Envoy follows", meta: { notRun: "no wheel for this platform" } };
    const result = resultOf("ring", report([passed, skipped]), undefined);
    expect(result).toMatchObject({ passed: 1, failed: 0, skipped: 1 });
    expect(result.notRun).toEqual([{ name: "ring: Envoy follows", reason: "no wheel for this platform" }]);
  });

  test("is a failure when the runner left no report", () => {
    expect(resultOf("ring", undefined, "ended by SIGKILL")).toMatchObject({
      failed: 1,
      problems: ["ring: the runner left no report (ended by SIGKILL)"],
    });
  });

  test("is a failure when not one test ran", () => {
    expect(resultOf("ring", report(), undefined)).toMatchObject({ failed: 1, problems: ["ring: not one test ran"] });
  });

  test("is a failure when the runner ended badly although no test failed", () => {
    expect(resultOf("ring", report([passed]), "exit code 1")).toMatchObject({ passed: 1, failed: 1 });
  });

  test("counts a file that did not load as one failure", () => {
    const broken = { testResults: [...report([passed]).testResults, { name: "b.test.ts", status: "failed", assertionResults: [] }] };
    expect(resultOf("ring", broken, "exit code 1")).toMatchObject({
      passed: 1,
      failed: 1,
      problems: ["ring: b.test.ts did not run to its end"],
    });
  });
});

test("a step that failed before the tests is one failure more", () => {
  const total = addUp([resultOf("ring", report([passed]), undefined), ...failedSteps(",lint,unused")]);
  expect(total).toMatchObject({ passed: 1, failed: 2, problems: ["npm run lint", "npm run unused"] });
});
