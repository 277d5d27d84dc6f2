import { decode, encode } from "dns-packet";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { buildQuery, type DnsAnswer, readAnswer } from "./message.js";
import { echoesQuestion, isCutShort } from "./message-bytes.js";
import type { Question } from "./question.js";
import { address, alias, type Reply, replyTo, soa, srv } from "./testing/fake-resolver.js";

const QUESTION: Question = { name: "shop.example", type: "A" };
const ID = 4_711;
const QUERY = buildQuery(ID, QUESTION);

function answerTo(reply: Reply): DnsAnswer {
  return readAnswer(replyTo(QUERY, reply), QUERY, QUESTION);
}

describe("a query", () => {
  test("asks for one absolute name, wants recursion and takes 1232 bytes over UDP", () => {
    expect(decode(QUERY)).toMatchObject({
      id: ID,
      type: "query",
      flag_rd: true,
      questions: [{ name: "shop.example", type: "A", class: "IN" }],
      additionals: [{ type: "OPT", udpPayloadSize: 1_232 }],
    });
  });
});

describe("an answer", () => {
  test("with records has the smallest TTL", () => {
    const answers = [address("shop.example", "10.0.0.1", 30), address("SHOP.example", "10.0.0.2", 20)];
    expect(answerTo({ answers })).toEqual({ kind: "records", data: ["10.0.0.1", "10.0.0.2"], ttlS: 20 });
  });

  test("follows aliases in any order, and lasts as long as the shortest of them", () => {
    const answers = [address("c.example", "10.0.0.3", 60), alias("b.example", "C.example", 7), alias("shop.example", "b.example", 50)];
    expect(answerTo({ answers })).toMatchObject({ kind: "records", data: ["10.0.0.3"], ttlS: 7 });
  });

  test("takes no record of another name, type or of a circle", () => {
    expect(answerTo({ answers: [address("other.example", "10.0.0.3"), address("shop.example", "fd00::1")] })).toMatchObject({
      kind: "no-data",
    });
    const circle = [alias("shop.example", "b.example"), alias("b.example", "shop.example")];
    expect(answerTo({ answers: circle })).toMatchObject({ kind: "failure", cause: expect.stringContaining("circle") });
  });

  test("no data and no name are two answers, and last as the SOA record says", () => {
    expect(answerTo({ authorities: [soa(60, 9)] })).toEqual({ kind: "no-data", ttlS: 9 });
    expect(answerTo({ authorities: [soa(5, 9)], rcode: "NXDOMAIN" })).toEqual({ kind: "no-name", ttlS: 5 });
    expect(answerTo({ rcode: "NXDOMAIN" })).toEqual({ kind: "no-name", ttlS: undefined });
    expect(answerTo({ answers: [alias("shop.example", "gone.example")], rcode: "NXDOMAIN" })).toMatchObject({ kind: "no-name" });
    expect(answerTo({ answers: [alias("shop.example", "b.example")], authorities: [soa(5, 9)] })).toEqual({ kind: "no-data", ttlS: 5 });
  });

  test("that leads elsewhere is a failure, never an absence", () => {
    expect(answerTo({ answers: [alias("shop.example", "b.elsewhere")] })).toMatchObject({
      kind: "failure",
      cause: expect.stringContaining("ends at the alias b.elsewhere"),
    });
    expect(answerTo({ authorities: [{ type: "NS", name: "example", data: "ns.example" }] })).toMatchObject({
      kind: "failure",
      cause: expect.stringContaining("refers to other servers"),
    });
  });

  test("with an error code is a failure that names it", () => {
    expect(answerTo({ rcode: "SERVFAIL" })).toMatchObject({ kind: "failure", cause: "the server answered SERVFAIL" });
    expect(answerTo({ rcode: "REFUSED" })).toMatchObject({ kind: "failure", cause: "the server answered REFUSED" });
  });

  test("that belongs to another query or question is a failure", () => {
    const reply = replyTo(QUERY, { answers: [address("shop.example", "10.0.0.1")] });
    const others: readonly [number, Question][] = [
      [ID + 1, QUESTION],
      [ID, { ...QUESTION, name: "cart.example" }],
      [ID, { ...QUESTION, name: "shop.exampl" }],
      [ID, { ...QUESTION, type: "AAAA" }],
    ];
    for (const [id, question] of others) {
      const query = buildQuery(id, question);
      expect(echoesQuestion(reply, query)).toBe(false);
      expect(readAnswer(reply, query, question).kind).toBe("failure");
    }
    expect(readAnswer(QUERY, QUERY, QUESTION).kind).toBe("failure");
    expect(readAnswer(encode({ type: "response", id: ID }), QUERY, QUESTION).kind).toBe("failure");
    expect(echoesQuestion(reply.subarray(0, 20), QUERY)).toBe(false);
  });

  test("may repeat the question in other letters", () => {
    const reply = replyTo(QUERY, { answers: [address("shop.example", "10.0.0.1")] });
    reply.write("sHOp", 13, "latin1");
    expect(echoesQuestion(reply, QUERY)).toBe(true);
    expect(readAnswer(reply, QUERY, QUESTION).kind).toBe("records");
  });

  test("without a question is believed only as an error, which may be about EDNS", () => {
    const bare = encode({ type: "response", id: ID, flags: 1 });
    expect(readAnswer(bare, QUERY, QUESTION)).toEqual({ kind: "failure", cause: "the server answered FORMERR", dislikesEdns: true });
    expect(readAnswer(encode({ type: "response", id: ID, flags: 3 }), QUERY, QUESTION)).toMatchObject({ kind: "failure" });
  });

  test("with SRV records has all they say; the target . alone is no data", () => {
    const question: Question = { name: "_http._tcp.shop.example", type: "SRV" };
    const query = buildQuery(ID, question);
    const answer = (...answers: Reply["answers"] & object) => readAnswer(replyTo(query, { answers }), query, question);
    expect(answer(srv(question.name, [1, 5, 80, "A.example"], 9), srv(question.name, [1, 5, 81, "a.example"], 20))).toEqual({
      kind: "records",
      data: [
        { priority: 1, weight: 5, port: 80, target: "a.example" },
        { priority: 1, weight: 5, port: 81, target: "a.example" },
      ],
      ttlS: 9,
    });
    expect(answer(srv(question.name, [0, 0, 0, "."], 9))).toEqual({ kind: "no-data", ttlS: 9 });
  });

  test("says itself that it is cut short, even in the middle of a record", () => {
    const answers = [address("shop.example", "10.0.0.1"), address("shop.example", "10.0.0.2")];
    const whole = replyTo(QUERY, { answers, truncated: true });
    expect(isCutShort(whole.subarray(0, whole.byteLength - 5), QUERY)).toBe(true);
    expect(isCutShort(whole, buildQuery(ID + 1, QUESTION))).toBe(false);
    expect(isCutShort(replyTo(QUERY, { answers }), QUERY)).toBe(false);
    expect(readAnswer(whole, QUERY, QUESTION)).toMatchObject({ kind: "records", notWhole: { kind: "cut" } });
  });

  test("made of any bytes is an answer or a failure, never a throw", () => {
    const reply = replyTo(QUERY, {
      answers: [alias("shop.example", "b.example"), address("b.example", "10.0.0.1")],
      authorities: [soa(5, 9)],
    });
    const damaged = fc.record({ at: fc.nat(reply.byteLength - 1), value: fc.nat(255), length: fc.nat(reply.byteLength) });
    fc.assert(
      fc.property(damaged, ({ at, value, length }) => {
        const bytes = Buffer.from(reply);
        bytes[at] = value;
        expect(["records", "no-data", "no-name", "failure"]).toContain(readAnswer(bytes, QUERY, QUESTION).kind);
        expect(["records", "no-data", "no-name", "failure"]).toContain(readAnswer(bytes.subarray(0, length), QUERY, QUESTION).kind);
      }),
      { numRuns: 2_000 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => readAnswer(Buffer.from(bytes), QUERY, QUESTION).kind === "failure"),
    );
  });
});
