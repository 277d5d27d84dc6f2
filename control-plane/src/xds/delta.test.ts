import { describe, expect, test } from "vitest";
import { REFUSED, ScriptedStream, type Seen } from "./testing/scripted-stream.js";
import { CDS, EDS, RDS, view } from "./testing/views.js";

const resources = (seen: readonly Seen[]) => seen.map((response) => response.resources);
const delta = { variant: "delta" } as const;

describe("delta", () => {
  test("R2: names of a type that is not served are removed, and the stream goes on", () => {
    const stream = new ScriptedStream(view({ eds: { a: "1" } }), delta);
    expect(stream.delta("type.googleapis.com/private.Type", { subscribe: ["x"] })).toMatchObject([{ removed: ["x"], errors: ["x: 5"] }]);
    expect(resources(stream.delta(EDS, { subscribe: ["a"] }))).toEqual([["a@1"]]);
  });

  test("R20: a subscription may ride on an ACK", () => {
    const stream = new ScriptedStream(view({ eds: { a: "1", b: "1" } }), delta);
    const [first] = stream.delta(EDS, { subscribe: ["a"] });
    expect(resources(stream.delta(EDS, { subscribe: ["b"], nonce: first?.nonce }))).toEqual([["b@1"]]);
    expect(stream.events).toContain(`acked ClusterLoadAssignment ${first?.nonce}`);
  });

  test("R20: a subscription on a NACK is honoured", () => {
    const stream = new ScriptedStream(view({ eds: { a: "1", b: "1" } }), delta);
    const [first] = stream.delta(EDS, { subscribe: ["a"] });
    expect(resources(stream.delta(EDS, { subscribe: ["b"], nonce: first?.nonce, refusal: REFUSED }))).toEqual([["b@1"]]);
  });

  test("R20: a subscription with an outdated or foreign nonce is honoured, and answers nothing", () => {
    const stream = new ScriptedStream(view({ eds: { a: "1", b: "1", c: "1" } }), delta);
    const [first] = stream.delta(EDS, { subscribe: ["a"] });
    stream.ack(first);
    const [second] = stream.delta(EDS, { subscribe: ["b"], nonce: "never sent" });
    expect(second?.resources).toEqual(["b@1"]);
    expect(stream.delta(EDS, { subscribe: ["c"], nonce: first?.nonce, refusal: REFUSED })).toEqual([]);
    expect(stream.nacks).toEqual([]);
    expect(resources(stream.ack(second))).toEqual([["c@1"]]);
  });

  test("R20: an unsubscription with an outdated nonce is honoured", () => {
    const stream = new ScriptedStream(view({ eds: { a: "1" } }), delta);
    stream.ack(stream.delta(EDS, { subscribe: ["a"] })[0]);
    stream.delta(EDS, { unsubscribe: ["a"], nonce: "outdated" });
    expect(stream.view(view({ eds: { a: "2" } }))).toEqual([]);
  });

  test("R21: what is subscribed again is sent again, also in the very ACK of the response that held it", () => {
    const stream = new ScriptedStream(view({ eds: { a: "1" } }), delta);
    const [first] = stream.delta(EDS, { subscribe: ["a"] });
    const [second] = stream.delta(EDS, { subscribe: ["a"], nonce: first?.nonce });
    expect(second?.resources).toEqual(["a@1"]);
    expect(second?.nonce).not.toBe(first?.nonce);
  });

  test("R22: dropping a name that was never subscribed changes nothing", () => {
    const stream = new ScriptedStream(view({ eds: { a: "1" } }), delta);
    stream.ack(stream.delta(EDS, { subscribe: ["a"] })[0]);
    expect(stream.delta(EDS, { unsubscribe: ["x"] })).toEqual([]);
  });

  test("R22: a pure unsubscription is not answered, and what is unsubscribed gets nothing", () => {
    const stream = new ScriptedStream(view({ eds: { a: "1" } }), delta);
    stream.ack(stream.delta(EDS, { subscribe: ["a"] })[0]);
    expect(stream.delta(EDS, { unsubscribe: ["a"] })).toEqual([]);
    expect(stream.view(view({ eds: { a: "2" } }))).toEqual([]);
    expect(resources(stream.delta(EDS, { subscribe: ["a"] }))).toEqual([["a@2"]]);
  });

  test("R22: a name dropped and subscribed in one request is subscribed, and sent", () => {
    const stream = new ScriptedStream(view({ eds: { a: "1" } }), delta);
    stream.ack(stream.delta(EDS, { subscribe: ["a"] })[0]);
    expect(resources(stream.delta(EDS, { unsubscribe: ["a"], subscribe: ["a"] }))).toEqual([["a@1"]]);
  });

  test("R23: a name that does not exist is removed once, with the reason", () => {
    const stream = new ScriptedStream(view({}), delta);
    const [first] = stream.delta(EDS, { subscribe: ["a"] });
    expect(first).toMatchObject({ resources: [], removed: ["a"], errors: ["a: 5"] });
    expect(first?.content.notes[0]?.reason).toBe("no such service: a");
    expect(stream.ack(first)).toEqual([]);
    expect(stream.view(view({ eds: { b: "1" } }))).toEqual([]);
  });

  test("R23: a deleted name is removed, a recreated one sent", () => {
    const stream = new ScriptedStream(view({ eds: { a: "1" } }), delta);
    stream.ack(stream.delta(EDS, { subscribe: ["a"] })[0]);
    const [gone] = stream.view(view({}));
    expect(gone?.removed).toEqual(["a"]);
    stream.ack(gone);
    expect(resources(stream.view(view({ eds: { a: "1" } })))).toEqual([["a@1"]]);
  });

  test("R24: the position of the view is the label of the response", () => {
    const stream = new ScriptedStream(view({ eds: { a: "1" }, position: "l/2/3" }), delta);
    expect(stream.delta(EDS, { subscribe: ["a"] })[0]?.content).toMatchObject({
      position: "l/2/3",
      resources: [{ name: "a", version: "1" }],
    });
  });

  test("R25: our client comes back and is sent only what differs, and told what is gone", () => {
    const stream = new ScriptedStream(view({ eds: { a: "1", b: "2", d: "1" } }), { ...delta, userAgent: "fairlead" });
    const [first] = stream.delta(EDS, { subscribe: ["a", "b", "c", "d"], held: { a: "1", b: "1", c: "1" } });
    expect(first).toMatchObject({ resources: ["b@2", "d@1"], removed: ["c"] });
  });

  test("R25: nothing is sent to a client that comes back with everything, until something changes or is asked for again", () => {
    const stream = new ScriptedStream(view({ eds: { a: "1" }, rds: { a: "1" } }), delta);
    expect(stream.delta(EDS, { subscribe: ["a"], held: { a: "1" } })).toEqual([]);
    expect(stream.delta(RDS, { subscribe: ["a"], held: { a: "1" } })).toEqual([]);
    expect(stream.view(view({ eds: { a: "2" }, rds: { a: "1" } }))).toMatchObject([{ type: EDS, resources: ["a@2"] }]);
    expect(resources(stream.delta(RDS, { subscribe: ["a"] }))).toEqual([["a@1"]]);
  });

  test("R25: what a client claims to have without asking for it is not kept", () => {
    const stream = new ScriptedStream(view({}), delta);
    expect(stream.delta(EDS, { subscribe: ["a"], held: { a: "1", b: "1" } })).toMatchObject([{ removed: ["a"] }]);
  });

  test("R27: what does not fit one response follows after its ACK", () => {
    const stream = new ScriptedStream(view({ eds: { a: "1", b: "1", c: "1" } }), { ...delta, limits: { responseBytes: 8 } });
    const [first] = stream.delta(EDS, { subscribe: ["a", "b", "c"] });
    expect(first?.resources).toEqual(["a@1", "b@1"]);
    const [second] = stream.ack(first);
    expect(second?.resources).toEqual(["c@1"]);
    expect(stream.ack(second)).toEqual([]);
  });

  test("D4: while a response is unanswered nothing more of its type is sent, and then only the newest state", () => {
    const stream = new ScriptedStream(view({ cds: { a: "1" } }), delta);
    const [first] = stream.delta(CDS, { subscribe: ["a"] });
    expect(stream.view(view({ cds: { a: "2" } }))).toEqual([]);
    expect(stream.view(view({ cds: { a: "3" } }))).toEqual([]);
    expect(resources(stream.ack(first))).toEqual([["a@3"]]);
  });

  test("a response on its way when its name was unsubscribed leaves nothing behind", () => {
    const stream = new ScriptedStream(view({ eds: { a: "1" } }), delta);
    const [first] = stream.delta(EDS, { subscribe: ["a"] });
    stream.delta(EDS, { unsubscribe: ["a"] });
    stream.ack(first);
    expect(resources(stream.delta(EDS, { subscribe: ["a"], held: {} }))).toEqual([["a@1"]]);
  });
});
