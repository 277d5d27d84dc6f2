import { expect, test } from "vitest";
import { repositoryTop } from "../harness/paths.js";
import { startNode } from "../harness/processes.js";

test.each(["once", "and once more"])("the tour of the demo fails no request and every change reaches the sidecars, %s", async () => {
  const demo = startNode(`${repositoryTop}/e2e/dist/demo/main.js`, ["--check"], { name: "demo" });
  const { code } = await demo.exited;
  const result = JSON.parse(demo.lines().at(-1) ?? "{}") as { ok: boolean; failed: number; requests: number; changes: unknown[] };
  expect(result, demo.output()).toMatchObject({ ok: true, failed: 0 });
  expect(result.changes.length).toBeGreaterThanOrEqual(5);
  expect(code).toBe(0);
});
