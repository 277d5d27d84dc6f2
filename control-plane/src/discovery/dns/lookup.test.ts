import { fail, ok } from "@fairlead/shared";
import { describe, expect, test } from "vitest";
import { Lookup, type LookupPlan, type LookupStep } from "./lookup.js";
import { buildQuery } from "./message.js";
import type { Question } from "./question.js";
import { address, type Reply, replyTo } from "./testing/fake-resolver.js";

const QUESTION: Question = { name: "shop.example", type: "A" };
const records = (...hosts: readonly number[]): Reply => ({ answers: hosts.map((host) => address("shop.example", `10.0.0.${host}`)) });
const RECORDS = records(1);
/** 29 addresses: the most that fit 512 bytes. */
const LARGE = records(...Array.from({ length: 29 }, (_, index) => index + 1));

/** Plays a lookup: what each ask gets, in order; returns who was asked how, and the end. */
function play(resolvers: readonly string[], replies: readonly (Reply | string)[], plan: Partial<LookupPlan> = {}) {
  let id = 0;
  const lookup = new Lookup({
    question: QUESTION,
    resolvers,
    nextId: () => ++id,
    tcpFirst: false,
    withoutEdns: () => false,
    loses: () => false,
    ...plan,
  });
  const asked: string[] = [];
  let step: LookupStep = lookup.start();
  for (const reply of replies) {
    if (step.kind !== "ask") throw new Error("asked fewer questions than there are replies");
    const { server, protocol, query } = step.ask;
    const isPlain = query.byteLength === buildQuery(0, QUESTION, false).byteLength;
    asked.push(`${server} ${protocol}${isPlain ? " plain" : ""}`);
    step = lookup.reply(typeof reply === "string" ? fail(reply) : ok(replyTo(query, reply)));
  }
  return { asked, step };
}

describe("a lookup", () => {
  test("ends with the first answer, absence included", () => {
    expect(play(["a", "b"], [RECORDS]).step).toMatchObject({ kind: "done", resolver: "a", large: false, answer: { kind: "records" } });
    expect(play(["a", "b"], [{ rcode: "NXDOMAIN" }]).step).toMatchObject({ kind: "done", resolver: "a", answer: { kind: "no-name" } });
  });

  test("asks the next resolver after silence, refusal or nonsense", () => {
    const { asked, step } = play(["a", "b", "c"], ["no answer within 1000 ms", { rcode: "SERVFAIL" }, RECORDS]);
    expect(asked).toEqual(["a udp", "b udp", "c udp"]);
    expect(step).toMatchObject({ kind: "done", resolver: "c", answer: { kind: "records" } });
  });

  test("fails with every cause once all were asked; a single resolver gets a second chance", () => {
    const cause = "a udp: the server answered SERVFAIL; b udp: no answer";
    expect(play(["b", "a"], ["no answer", { rcode: "SERVFAIL" }]).step).toMatchObject({ kind: "done", answer: { kind: "failure", cause } });
    const single = play(["a"], ["no answer", "no answer"]);
    expect(single.asked).toEqual(["a udp", "a udp"]);
    expect(single.step).toMatchObject({ kind: "done", resolver: undefined, answer: { kind: "failure", cause: "a udp: no answer" } });
  });

  test("never asks more than four of many resolvers, nor more than it is told to", () => {
    expect(play(["a", "b", "c", "d", "e"], ["no", "no", "no", "no"]).step.kind).toBe("done");
    expect(play(["a", "b"], ["no"], { tries: 1 }).step.kind).toBe("done");
  });

  test("says so when there is nobody to ask", () => {
    expect(play([], []).step).toMatchObject({ kind: "done", answer: { kind: "failure", cause: expect.stringContaining("no resolver") } });
  });

  test("leaves EDNS out for a server that refuses it, at once and without going elsewhere", () => {
    for (const rcode of ["FORMERR", "NOTIMP"] as const) {
      const { asked, step } = play(["a", "b"], [{ rcode }, RECORDS]);
      expect(asked).toEqual(["a udp", "a udp plain"]);
      expect(step).toMatchObject({ kind: "done", resolver: "a", answer: { kind: "records" } });
    }
    expect(play(["a", "b"], [{ rcode: "FORMERR" }, { rcode: "FORMERR" }, RECORDS]).asked).toEqual(["a udp", "a udp plain", "b udp"]);
    expect(play(["a", "b"], [RECORDS], { withoutEdns: (server) => server === "a" }).asked).toEqual(["a udp plain"]);
  });
});

describe("a lookup turns to TCP", () => {
  test("of the same server when a datagram was too small, and marks what is cut there too", () => {
    const { asked, step } = play(["a", "b"], [{ truncated: true }, LARGE]);
    expect(asked).toEqual(["a udp", "a tcp"]);
    expect(step).toMatchObject({ kind: "done", large: true, cutSilently: false });
    expect(step.kind === "done" && step.answer.kind === "records" && step.answer.notWhole).toBeUndefined();
    expect(play(["a"], [{ truncated: true }, { ...RECORDS, truncated: true }]).step).toMatchObject({
      kind: "done",
      answer: { kind: "records", notWhole: { kind: "cut" } },
    });
  });

  test("and takes an answer that fills what TCP can carry for cut, said or not", () => {
    const count = 4_070;
    const ips = Array.from({ length: count }, (_, index) => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`);
    const full: Reply = { answers: ips.map((ip) => address("a", ip)) };
    const question: Question = { name: "a", type: "A" };
    const { step } = play(["a"], [{ truncated: true }, full], { question });
    expect(step).toMatchObject({ kind: "done", answer: { notWhole: { kind: "cut" } } });
  });

  test("for an answer as large as the plateau of 512 bytes, and says when TCP had more", () => {
    const more = records(...Array.from({ length: 30 }, (_, index) => index + 1));
    expect(play(["a"], [LARGE, LARGE])).toMatchObject({
      asked: ["a udp", "a tcp"],
      step: { kind: "done", large: true, cutSilently: false },
    });
    expect(play(["a"], [LARGE, more]).step).toMatchObject({ kind: "done", cutSilently: true });
    expect(play(["a"], [records(1, 2, 3)]).step.kind).toBe("done");
  });

  test("before it believes that something is gone", () => {
    const { asked, step } = play(["a"], [records(1), records(1, 2)], { loses: (data) => !data.includes("10.0.0.2") });
    expect(asked).toEqual(["a udp", "a tcp"]);
    expect(step).toMatchObject({ kind: "done", cutSilently: true, answer: { data: ["10.0.0.1", "10.0.0.2"] } });
    expect(play(["a"], [{ rcode: "NXDOMAIN" }], { loses: () => true }).step.kind).toBe("done");
  });

  test("at once for names that need it, and does without where it fails, marking the answer", () => {
    expect(play(["a", "b"], [LARGE], { tcpFirst: true }).asked).toEqual(["a tcp"]);
    const { asked, step } = play(["a", "b"], ["closed", RECORDS, "closed", records(1, 2)], { tcpFirst: true });
    expect(asked).toEqual(["a tcp", "a udp", "b tcp", "b udp"]);
    expect(step).toMatchObject({
      kind: "done",
      resolver: "b",
      answer: { data: ["10.0.0.1", "10.0.0.2"], notWhole: { kind: "unverified" } },
    });
  });

  test("and goes on with the next server when it fails; at the end the fullest of what UDP gave is better than nothing", () => {
    expect(play(["a", "b"], [{ truncated: true }, "closed", RECORDS]).asked).toEqual(["a udp", "a tcp", "b udp"]);
    const cut = play(["a", "b"], [{ ...records(1, 2), truncated: true }, "closed", { truncated: true }, "closed"]);
    expect(cut.step).toMatchObject({ kind: "done", resolver: "a", answer: { data: ["10.0.0.1", "10.0.0.2"], notWhole: { kind: "cut" } } });
    expect(play(["a"], [{ truncated: true }, "closed", { truncated: true }, "closed"]).step).toMatchObject({
      kind: "done",
      answer: { kind: "failure", cause: "a tcp: closed" },
    });
  });
});
