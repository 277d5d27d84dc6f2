import { expect, test } from "vitest";
import { takesPart } from "./contestant.js";
import type { LaneName } from "./lane.js";

const lanesCalled = (...names: readonly LaneName[]) => names.map((name) => ({ name, port: 1, origins: [2] }));

test("a proxy takes part in the cells of what it speaks, but for those that it fails", () => {
  const webOnly = { lanes: lanesCalled("files", "replies"), fails: ["websocket"] };
  const tcpOnly = { lanes: lanesCalled("echo", "source"), fails: [] };
  const cells = [
    { name: "c32", lane: "files" },
    { name: "websocket", lane: "replies" },
    { name: "tcp-bulk", lane: "source" },
  ] as const;
  expect(cells.filter((cell) => takesPart(webOnly, cell)).map(({ name }) => name)).toEqual(["c32"]);
  expect(cells.filter((cell) => takesPart(tcpOnly, cell)).map(({ name }) => name)).toEqual(["tcp-bulk"]);
});
