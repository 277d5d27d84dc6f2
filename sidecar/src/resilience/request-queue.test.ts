import { expect, test } from "vitest";
import { RequestQueue } from "./request-queue.js";

test("first come, first served, as long as there are places", () => {
  const queue = new RequestQueue<string>();
  expect(["a", "b", "c", "d"].map((one) => queue.join(one, 3))).toEqual([true, true, true, false]);
  let places = 2;
  const served: string[] = [];
  queue.serve(
    () => places-- > 0,
    (one) => served.push(one),
  );
  expect([served, queue.length]).toEqual([["a", "b"], 1]);
});

test("who left gets no turn, and leaving twice is nothing", () => {
  const queue = new RequestQueue<string>();
  for (const one of ["a", "b", "c"]) queue.join(one, 3);
  queue.leave("b");
  queue.leave("b");
  const served: string[] = [];
  queue.serve(
    () => true,
    (one) => served.push(one),
  );
  expect(served).toEqual(["a", "c"]);
});

test("a turn that ends at once gives its place to the next without going deeper", () => {
  const queue = new RequestQueue<number>();
  for (let one = 0; one < 100; one++) queue.join(one, 100);
  let [depth, deepest, served] = [0, 0, 0];
  const serve = () =>
    queue.serve(
      () => true,
      () => {
        deepest = Math.max(deepest, ++depth);
        served++;
        serve();
        depth--;
      },
    );
  serve();
  expect([served, deepest]).toEqual([100, 1]);
});
