import { ok, type Result } from "@fairlead/shared";
import { FakeClock } from "@fairlead/shared/testing";
import { expect, test } from "vitest";
import type { Answer, ReadFailure } from "./connection.js";
import { ReadQueue } from "./read-queue.js";

function setup(limit: number) {
  const clock = new FakeClock();
  const queue = new ReadQueue(clock, limit);
  const sent: Answer<number>[] = [];
  const answers: string[] = [];
  const ask = (name: string) =>
    queue.submit<number>(
      1_000,
      (answer) => sent.push(answer),
      (result: Result<number, ReadFailure>) => {
        answers.push(`${name} ${result.ok ? result.value : result.error.kind === "failed" ? result.error.reason : "no-node"}`);
      },
    );
  return { clock, queue, sent, answers, ask };
}

test("no more than the limit are unanswered, the rest go out in order", () => {
  const { sent, ask, answers } = setup(2);
  for (const name of ["a", "b", "c", "d"]) ask(name);
  expect(sent).toHaveLength(2);
  sent[1]?.(ok(1));
  expect(sent).toHaveLength(3);
  sent[2]?.(ok(2));
  expect(answers).toEqual(["b 1", "c 2"]);
});

test("a read without an answer fails at its deadline and frees its place; the late answer is dropped", () => {
  const { clock, sent, ask, answers } = setup(1);
  ask("a");
  ask("b");
  clock.advance(999);
  expect(answers).toEqual([]);
  clock.advance(1);
  expect(answers).toEqual(["a no answer within 1000 ms"]);
  expect(sent).toHaveLength(2);
  sent[0]?.(ok(9));
  sent[1]?.(ok(1));
  expect(answers).toEqual(["a no answer within 1000 ms", "b 1"]);
  expect(clock.pendingCount).toBe(0);
});

test("failing all ends sent and waiting ones once each", () => {
  const { clock, queue, sent, ask, answers } = setup(1);
  ask("a");
  ask("b");
  queue.failAll("cut");
  expect(answers).toEqual(["a cut", "b cut"]);
  sent[0]?.(ok(1));
  expect(answers).toHaveLength(2);
  expect(clock.pendingCount).toBe(0);
  ask("c");
  expect(sent).toHaveLength(2);
});

test("ten thousand waiting reads that fail at once do not grow the stack", () => {
  const clock = new FakeClock();
  const queue = new ReadQueue(clock, 1);
  let answered = 0;
  let release: Answer<number> = () => undefined;
  queue.submit<number>(
    1_000,
    (answer) => {
      release = answer;
    },
    () => undefined,
  );
  for (let index = 0; index < 10_000; index += 1) {
    queue.submit<number>(
      1_000,
      (answer) => answer(ok(index)),
      () => {
        answered += 1;
      },
    );
  }
  release(ok(0));
  expect(answered).toBe(10_000);
});
