import { spawn } from "node:child_process";
import { mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { linesTo } from "./line-output.js";

test("lines reach a file, one write after the other", async () => {
  const folder = mkdtempSync(join(tmpdir(), "lines-"));
  const file = join(folder, "log");
  const output = linesTo(openSync(file, "w"));
  await new Promise<void>((resolve) => output.write("one\n", resolve));
  await new Promise<void>((resolve) => output.write("two\n", resolve));
  expect(readFileSync(file, "utf8")).toBe("one\ntwo\n");
  rmSync(folder, { recursive: true });
});

test("a pipe that nobody reads takes a write and says nothing, and holds nobody up", async () => {
  const reader = spawn("sleep", ["60"], { stdio: ["pipe", "ignore", "ignore"] });
  const { fd } = (reader.stdin as unknown as { _handle: { fd: number } })._handle;
  let isDone = false;
  linesTo(fd).write("x".repeat(4 << 20), () => {
    isDone = true;
  });
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(isDone).toBe(false);
  reader.kill();
});
