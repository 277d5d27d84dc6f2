import { expect, test } from "vitest";
import { mark, stopEverything, stopLater, stoppedAlready } from "./teardown.js";

test("what was started since the mark is stopped, newest first, whatever ended in between", async () => {
  const stopped: string[] = [];
  const thing = (name: string) => ({ name, stop: () => void stopped.push(name) });
  const early = thing("early");
  stopLater(early);
  stopLater(thing("stays"));
  const since = mark();
  stopLater(thing("first"));
  stopLater(thing("second"));
  stoppedAlready(early);
  await stopEverything(since);
  expect(stopped).toEqual(["second", "first"]);
  await stopEverything();
  expect(stopped).toEqual(["second", "first", "stays"]);
});

test("one that cannot be stopped does not keep the others alive", async () => {
  const stopped: string[] = [];
  stopLater({ name: "good", stop: () => void stopped.push("good") });
  stopLater({ name: "bad", stop: () => Promise.reject(new Error("stuck")) });
  await expect(stopEverything()).rejects.toThrow("could not stop: Error: stuck");
  expect(stopped).toEqual(["good"]);
});
