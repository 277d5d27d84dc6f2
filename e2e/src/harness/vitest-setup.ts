// For every test file of the ring: what a test starts ends with the test, what a file starts ends with the file, and a
// failed test shows what the processes said.
import { afterAll, afterEach, beforeEach } from "vitest";
import { mark, outputOfEverything, stopEverything } from "./teardown.js";

let testStart = 0;

beforeEach(() => {
  testStart = mark();
});

afterEach(async (context) => {
  if (context.task.result?.state === "fail") console.error(`what the processes said last:\n${outputOfEverything()}`);
  await stopEverything(testStart);
});

afterAll(async () => {
  await stopEverything();
});
