import { describe, expect, test } from "vitest";
import { node, REFUSED, ScriptedStream, type Seen } from "./testing/scripted-stream.js";
import { CDS, EDS, LDS, RDS, view } from "./testing/views.js";

const resources = (seen: readonly Seen[]) => seen.map((response) => response.resources);

describe("SotW", () => {
  test("R2: a private type gets no answer and does not end the stream", () => {
    const stream = new ScriptedStream(view({ cds: { a: "1" } }));
    expect(stream.sotw("type.googleapis.com/private.Type", ["x"])).toEqual([]);
    expect(stream.closed).toBeUndefined();
    expect(resources(stream.sotw(CDS, ["a"]))).toEqual([["a@1"]]);
  });

  test("R2: type_url is mandatory on an aggregated stream", () => {
    const stream = new ScriptedStream(view({}));
    stream.sotw("", []);
    expect(stream.closed).toMatchObject({ code: 3, details: expect.stringContaining("type_url") });
  });

  test("R2: the type of a per-type stream is implied, and no other is served on it", () => {
    const stream = new ScriptedStream(view({ cds: { a: "1" } }), { impliedType: CDS });
    expect(stream.sotw("", [])).toMatchObject([{ type: CDS, resources: ["a@1"] }]);
    stream.sotw(EDS, ["a"]);
    expect(stream.closed?.code).toBe(3);
  });

  test("R4: node of the first request holds for the stream; a different one later is not looked at", () => {
    const stream = new ScriptedStream(view({ cds: { a: "1" } }));
    stream.sotw(CDS, ["a"]);
    stream.sotw(EDS, ["a"], { node: node("other") });
    expect(stream.events[0]).toBe("opened node-1");
    expect(stream.events.some((event) => event.includes("other"))).toBe(false);
  });

  test.each([undefined, node("")])("R4: a first request without node.id ends the stream with INVALID_ARGUMENT (%#)", (first) => {
    const stream = new ScriptedStream(view({}));
    stream.machine.request({ node: first, typeUrl: CDS, nonce: "", refusal: undefined, asked: { kind: "sotw", names: [], version: "" } });
    const again = stream.machine.request({
      node: node(),
      typeUrl: CDS,
      nonce: "",
      refusal: undefined,
      asked: { kind: "sotw", names: [], version: "" },
    });
    expect(again).toEqual([]);
    expect(stream.events).toEqual([]);
  });

  test("R6: every response has a nonce of its own, the type and the version of the type", () => {
    const sets = view({ cds: { a: "1" }, eds: { a: "1" } });
    const stream = new ScriptedStream(sets);
    const [clusters] = stream.sotw(CDS, ["a"]);
    const [assignments] = stream.sotw(EDS, ["a"]);
    expect(clusters?.nonce).not.toBe("");
    expect(assignments?.nonce).not.toBe(clusters?.nonce);
    expect(assignments).toMatchObject({ type: EDS, version: sets.types.get(EDS)?.version });
  });

  test("R7: an old version_info without error_detail is an ACK", () => {
    const stream = new ScriptedStream(view({ eds: { a: "1" } }));
    const [first] = stream.sotw(EDS, ["a"]);
    stream.sotw(EDS, ["a"], { nonce: first?.nonce, version: "something else" });
    expect(stream.events.at(-1)).toBe(`acked ClusterLoadAssignment ${first?.nonce}`);
  });

  test("R8: an ACK of the newest state is not answered", () => {
    const stream = new ScriptedStream(view({ cds: { a: "1" } }));
    const [first] = stream.sotw(CDS, ["a"]);
    expect(stream.ack(first, ["a"])).toEqual([]);
  });

  test("R9: a request that answers an outdated response is ignored", () => {
    const stream = new ScriptedStream(view({ eds: { a: "1", b: "1" } }));
    const [first] = stream.sotw(EDS, ["a"]);
    stream.ack(first, ["a"]);
    const [second] = stream.view(view({ eds: { a: "2", b: "1" } }));
    stream.ack(second, ["a"]);
    expect(stream.sotw(EDS, ["a", "b"], { nonce: first?.nonce })).toEqual([]);
    expect(resources(stream.sotw(EDS, ["a", "b"], { nonce: second?.nonce }))).toEqual([["b@1"]]);
  });

  test("R9: a name left out of an ignored request is new when it is named again, for the client has dropped it meanwhile", () => {
    const stream = new ScriptedStream(view({ eds: { a: "1" } }));
    const [first] = stream.sotw(EDS, ["a"]);
    stream.ack(first, ["a"]);
    const [second] = stream.view(view({ eds: { a: "2" } }));
    expect(stream.sotw(EDS, [], { nonce: first?.nonce })).toEqual([]);
    expect(resources(stream.ack(second, ["a"]))).toEqual([["a@2"]]);
  });

  test("R9: as long as nothing was sent on this stream the nonce of a request means nothing", () => {
    const stream = new ScriptedStream(view({ eds: { a: "1" } }));
    expect(resources(stream.sotw(EDS, ["a"], { nonce: "from an earlier stream" }))).toEqual([["a@1"]]);
  });

  test("R9: an empty nonce answers nothing and still changes the subscription", () => {
    const stream = new ScriptedStream(view({ eds: { a: "1", b: "1" } }));
    const [first] = stream.sotw(EDS, ["a"]);
    expect(stream.sotw(EDS, ["a", "b"])).toEqual([]);
    expect(stream.events.filter((event) => event.startsWith("acked"))).toEqual([]);
    expect(resources(stream.ack(first, ["a", "b"]))).toEqual([["b@1"]]);
  });

  test("R10: the first request of a type is answered whatever version it claims to have", () => {
    const sets = view({ cds: { a: "1" }, eds: { a: "1" }, lds: { a: "1" }, rds: { a: "1" } });
    const stream = new ScriptedStream(sets);
    for (const type of [CDS, EDS, LDS, RDS]) {
      expect(resources(stream.sotw(type, ["a"], { version: sets.types.get(type)?.version ?? "" }))).toEqual([["a@1"]]);
    }
  });

  test("R10: a client that comes back with the version of a server that counted further is answered", () => {
    const stream = new ScriptedStream(view({ cds: {} }));
    expect(stream.sotw(CDS, ["a"], { version: "13" })).toMatchObject([{ resources: [], errors: ["a: 5"] }]);
  });

  test("R11: names on a NACK are subscribed", () => {
    const stream = new ScriptedStream(view({ eds: { a: "1", b: "1" } }));
    const [first] = stream.sotw(EDS, ["a"]);
    expect(resources(stream.nack(first, ["a", "b"]))).toEqual([["b@1"]]);
  });

  test("R11: a NACK is counted once although the client repeats error_detail with every later request", () => {
    const stream = new ScriptedStream(view({ eds: { a: "1", b: "1" } }));
    const [first] = stream.sotw(EDS, ["a"]);
    stream.nack(first, ["a"]);
    expect(resources(stream.sotw(EDS, ["a", "b"], { nonce: first?.nonce, refusal: REFUSED }))).toEqual([["b@1"]]);
    expect(stream.nacks).toHaveLength(1);
  });

  test("R12: Listeners and Clusters are always sent whole", () => {
    for (const [type, words] of [
      [CDS, "cds"],
      [LDS, "lds"],
    ] as const) {
      const stream = new ScriptedStream(view({ [words]: { a: "1", b: "1" } }));
      const [first] = stream.sotw(type, ["a", "b"]);
      stream.ack(first, ["a", "b"]);
      expect(resources(stream.view(view({ [words]: { a: "1", b: "2" } })))).toEqual([["a@1", "b@2"]]);
    }
  });

  test("R12: a deleted Cluster is missing from the next response, and the last one leaves an empty response", () => {
    const stream = new ScriptedStream(view({ cds: { a: "1", b: "1" } }));
    stream.ack(stream.sotw(CDS, ["a", "b"])[0], ["a", "b"]);
    const [second] = stream.view(view({ cds: { a: "1" } }));
    expect(second?.resources).toEqual(["a@1"]);
    stream.ack(second, ["a", "b"]);
    expect(resources(stream.view(view({ cds: {} })))).toEqual([[]]);
  });

  test("R12: of assignments and routes only what changed is sent, and a deletion is not", () => {
    for (const [type, words] of [
      [EDS, "eds"],
      [RDS, "rds"],
    ] as const) {
      const stream = new ScriptedStream(view({ [words]: { a: "1", b: "1" } }));
      stream.ack(stream.sotw(type, ["a", "b"])[0], ["a", "b"]);
      const [second] = stream.view(view({ [words]: { a: "1", b: "2" } }));
      expect(second?.resources).toEqual(["b@2"]);
      stream.ack(second, ["a", "b"]);
      expect(stream.view(view({ [words]: { b: "2" } }))).toEqual([]);
    }
  });

  test("R13: a name listed twice is answered once", () => {
    const stream = new ScriptedStream(view({ eds: { a: "1" } }));
    expect(resources(stream.sotw(EDS, ["a", "a"]))).toEqual([["a@1"]]);
  });

  test("R14: a name that did not exist is sent when it comes into being", () => {
    const stream = new ScriptedStream(view({}));
    const [first] = stream.sotw(EDS, ["a"]);
    stream.ack(first, ["a"]);
    expect(resources(stream.view(view({ eds: { a: "1" } })))).toEqual([["a@1"]]);
  });

  test("R14: a name dropped and named again is sent again at the same version", () => {
    const stream = new ScriptedStream(view({ eds: { a: "1" } }));
    const [first] = stream.sotw(EDS, ["a"]);
    stream.ack(first, ["a"]);
    expect(stream.sotw(EDS, [], { nonce: first?.nonce })).toEqual([]);
    expect(resources(stream.sotw(EDS, ["a"], { nonce: first?.nonce }))).toEqual([["a@1"]]);
  });

  test("R14: a name first subscribed in the very ACK of a response is answered, with the same nonce and at the same version", () => {
    const stream = new ScriptedStream(view({ eds: { a: "1", b: "1" } }));
    const [first] = stream.sotw(EDS, ["b"]);
    stream.ack(first, []);
    const [second] = stream.sotw(EDS, ["a"], { nonce: first?.nonce, version: first?.version ?? "" });
    expect(second?.resources).toEqual(["a@1"]);
    // The client drops it, the cluster being gone, and wants it again while it answers.
    stream.sotw(EDS, [], { nonce: second?.nonce, version: second?.version ?? "" });
    expect(resources(stream.sotw(EDS, ["a"], { nonce: second?.nonce, version: second?.version ?? "" }))).toEqual([["a@1"]]);
  });

  test("R15: of names that do not exist a Listener or Cluster answer says so, once, beside the others", () => {
    const stream = new ScriptedStream(view({ cds: { a: "1" } }));
    const [first] = stream.sotw(CDS, ["a", "x"]);
    expect(first).toMatchObject({ resources: ["a@1"], errors: ["x: 5"] });
    expect(stream.ack(first, ["a", "x"])).toEqual([]);
    expect(stream.view(view({ cds: { a: "2" } }))).toMatchObject([{ resources: ["a@2"], errors: [] }]);
  });

  test("R32: an assignment that does not exist is said once and nothing is sent in its place", () => {
    const stream = new ScriptedStream(view({}));
    const [first] = stream.sotw(EDS, ["a"]);
    expect(first).toMatchObject({ resources: [], errors: ["a: 5"] });
    expect(stream.ack(first, ["a"])).toEqual([]);
    expect(stream.view(view({ eds: { other: "1" } }))).toEqual([]);
  });

  test("D4: while a response is unanswered nothing more of its type is sent, and then only the newest state", () => {
    const stream = new ScriptedStream(view({ eds: { a: "1" } }));
    const [first] = stream.sotw(EDS, ["a"]);
    expect(stream.view(view({ eds: { a: "2" } }))).toEqual([]);
    expect(stream.view(view({ eds: { a: "3" } }))).toEqual([]);
    expect(resources(stream.ack(first, ["a"]))).toEqual([["a@3"]]);
  });

  test("D4: an unanswered response of one type does not hold up another", () => {
    const stream = new ScriptedStream(view({ cds: { a: "1" }, eds: { a: "1" } }));
    stream.sotw(CDS, ["a"]);
    expect(resources(stream.sotw(EDS, ["a"]))).toEqual([["a@1"]]);
    expect(resources(stream.view(view({ cds: { a: "2" }, eds: { a: "1" } })))).toEqual([]);
  });
});
