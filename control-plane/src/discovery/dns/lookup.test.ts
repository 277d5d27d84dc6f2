import { fail, ok } from "@fairlead/shared";
import { describe, expect, test } from "vitest";
import { Lookup, type LookupStep } from "./lookup.js";
import { questionOf } from "./question.js";
import { address, dnsName, type Reply, replyTo } from "./testing/fake-resolver.js";

const QUESTION = questionOf(dnsName("shop", "shop.example"));
const RECORDS: Reply = { answers: [address("shop.example", "10.0.0.1")] };

/** Plays a lookup: what each ask gets, in order; returns who was asked how, and the end. */
function play(resolvers: readonly string[], replies: readonly (Reply | string)[]) {
  let id = 0;
  const lookup = new Lookup(QUESTION, resolvers, () => ++id);
  const asked: string[] = [];
  let step: LookupStep = lookup.start();
  for (const reply of replies) {
    if (step.kind !== "ask") throw new Error("asked fewer questions than there are replies");
    asked.push(`${step.ask.server} ${step.ask.protocol}`);
    step = lookup.reply(typeof reply === "string" ? fail(reply) : ok(replyTo(step.ask.query, reply)));
  }
  return { asked, step };
}

describe("a lookup", () => {
  test("ends with the first answer, absence included", () => {
    expect(play(["a", "b"], [RECORDS]).step).toMatchObject({ kind: "done", resolver: "a", answer: { kind: "records" } });
    expect(play(["a", "b"], [{ rcode: "NXDOMAIN" }]).step).toMatchObject({ kind: "done", resolver: "a", answer: { kind: "no-name" } });
  });

  test("asks the next resolver after silence, refusal or nonsense", () => {
    const { asked, step } = play(["a", "b", "c"], ["no answer within 1000 ms", { rcode: "SERVFAIL" }, RECORDS]);
    expect(asked).toEqual(["a udp", "b udp", "c udp"]);
    expect(step).toMatchObject({ kind: "done", resolver: "c", answer: { kind: "records" } });
  });

  test("fails with every cause once all were asked; a single resolver gets a second chance", () => {
    const cause = "a udp: the server answered SERVFAIL; b udp: no answer";
    expect(play(["a", "b"], [{ rcode: "SERVFAIL" }, "no answer"]).step).toMatchObject({ kind: "done", answer: { kind: "failure", cause } });
    const single = play(["a"], ["no answer", "no answer"]);
    expect(single.asked).toEqual(["a udp", "a udp"]);
    expect(single.step).toMatchObject({ kind: "done", resolver: undefined, answer: { kind: "failure", cause: "a udp: no answer" } });
  });

  test("never asks more than four of many resolvers", () => {
    expect(play(["a", "b", "c", "d", "e"], ["no", "no", "no", "no"]).step.kind).toBe("done");
  });

  test("asks the same server over TCP when a datagram was too small, and believes what is truncated there", () => {
    const { asked, step } = play(["a", "b"], [{ truncated: true }, RECORDS]);
    expect(asked).toEqual(["a udp", "a tcp"]);
    expect(step).toMatchObject({ kind: "done", answer: { kind: "records", truncated: false } });
    expect(play(["a"], [{ truncated: true }, { ...RECORDS, truncated: true }]).step).toMatchObject({
      kind: "done",
      answer: { kind: "records", truncated: true },
    });
  });

  test("goes on with the next server when TCP fails", () => {
    expect(play(["a", "b"], [{ truncated: true }, "closed", RECORDS]).asked).toEqual(["a udp", "a tcp", "b udp"]);
  });

  test("says so when there is nobody to ask", () => {
    expect(play([], []).step).toMatchObject({ kind: "done", answer: { kind: "failure", cause: expect.stringContaining("no resolver") } });
  });
});
