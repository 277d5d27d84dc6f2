import { fail } from "@fairlead/shared";
import { RecordedLog } from "@fairlead/shared/testing";
import { expect, test } from "vitest";
import type { ReadTrouble } from "./connection.js";
import { HandDrivenReads } from "./testing/hand-driven-reads.js";
import { WatchedReads } from "./watched-reads.js";

test("what a server refuses is logged once per connection, counted each time, and passed on", () => {
  const reads = new HandDrivenReads();
  const log = new RecordedLog();
  const troubles: ReadTrouble[] = [];
  const watched = new WatchedReads(reads, { log, onTrouble: (trouble) => troubles.push(trouble) });
  const failure = { kind: "failed", reason: "NO_AUTH", trouble: "no-auth" } as const;
  const answers: unknown[] = [];
  for (const _ of [1, 2]) {
    watched.children("/a", (result) => answers.push(result));
    reads.lists.at(-1)?.(fail(failure));
  }
  expect([answers, troubles, log.count("zookeeper-read-refused")]).toEqual([[fail(failure), fail(failure)], ["no-auth", "no-auth"], 1]);
  watched.connected();
  watched.children("/a", () => undefined);
  reads.lists.at(-1)?.(fail({ kind: "failed", reason: "no answer within 10 ms" }));
  expect(log.count("zookeeper-read-refused")).toBe(1);
  watched.children("/a", () => undefined);
  reads.lists.at(-1)?.(fail(failure));
  expect(log.count("zookeeper-read-refused")).toBe(2);
});
