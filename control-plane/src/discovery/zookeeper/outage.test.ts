import { expect, test } from "vitest";
import { Outage } from "./outage.js";

test("each kind of failure is news once in an outage, and the gravest is shown", () => {
  const outage = new Outage();
  expect(outage.note({ kind: "closed", reason: "a" })).toEqual({ fresh: true, worst: { kind: "closed", reason: "a" } });
  expect(outage.note({ kind: "behind", reason: "b" })).toEqual({ fresh: true, worst: { kind: "behind", reason: "b" } });
  expect(outage.note({ kind: "closed", reason: "c" })).toEqual({ fresh: false, worst: { kind: "behind", reason: "b" } });
  outage.over();
  expect(outage.note({ kind: "closed", reason: "d" })).toEqual({ fresh: true, worst: { kind: "closed", reason: "d" } });
});
