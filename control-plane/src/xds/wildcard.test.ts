import { describe, expect, test } from "vitest";
import { ScriptedStream, type Seen } from "./testing/scripted-stream.js";
import { CDS, EDS, LDS, view } from "./testing/views.js";

const resources = (seen: readonly Seen[]) => seen.map((response) => response.resources);
const subscriptions = (stream: ScriptedStream) =>
  stream.events.filter((event) => event.startsWith("subscribed")).map((event) => event.split(" ").slice(2).join(" "));

describe("wildcard, SotW", () => {
  test.each([CDS, LDS])("R17: [] is everything, [*, A] everything and A, [A] only A, [] then nothing (%s)", (type) => {
    const stream = new ScriptedStream(view({ cds: { A: "1", B: "1" }, lds: { A: "1", B: "1" } }));
    const [all] = stream.sotw(type, []);
    expect(all?.resources).toEqual(["A@1", "B@1"]);
    const [both] = stream.ack(all, ["*", "A"]);
    expect(both?.resources).toEqual(["A@1", "B@1"]);
    const [one] = stream.ack(both, ["A"]);
    expect(one).toBeUndefined();
    stream.sotw(type, [], { nonce: both?.nonce });
    expect(subscriptions(stream)).toEqual(["*", "* A", "A", ""]);
    expect(stream.view(view({ cds: { A: "2", B: "2" }, lds: { A: "2", B: "2" } }))).toEqual([]);
  });

  test("R17: an empty list goes on meaning everything while nothing was ever named", () => {
    const stream = new ScriptedStream(view({ cds: { A: "1" } }));
    const [all] = stream.sotw(CDS, []);
    stream.ack(all, []);
    expect(resources(stream.view(view({ cds: { A: "1", B: "1" } })))).toEqual([["A@1", "B@1"]]);
  });

  test("R18: a gRPC client whose last cluster goes sends an empty list and gets nothing", () => {
    const stream = new ScriptedStream(view({ cds: { A: "1", B: "1" } }), { userAgent: "gRPC Node Pure JS" });
    const [first] = stream.sotw(CDS, ["A"]);
    stream.ack(first, []);
    expect(stream.view(view({ cds: { A: "2", B: "2" } }))).toEqual([]);
    expect(resources(stream.sotw(CDS, ["A"], { nonce: first?.nonce }))).toEqual([["A@2"]]);
  });

  test("R19: for assignments an empty list is no subscription, and * is a name", () => {
    const stream = new ScriptedStream(view({ eds: { A: "1" } }));
    expect(stream.sotw(EDS, [])).toEqual([]);
    expect(stream.sotw(EDS, ["*"])).toMatchObject([{ resources: [], errors: ["*: 5"] }]);
  });

  test("R26: the first wildcard request is answered although there is nothing", () => {
    const stream = new ScriptedStream(view({}));
    expect(resources(stream.sotw(CDS, []))).toEqual([[]]);
    expect(resources(stream.sotw(LDS, ["*"]))).toEqual([[]]);
  });
});

describe("wildcard, delta", () => {
  test.each([CDS, LDS])("R17: sub [] is everything, sub [A] everything and A, unsub [*] only A, unsub [A] nothing (%s)", (type) => {
    const stream = new ScriptedStream(view({ cds: { A: "1", B: "1" }, lds: { A: "1", B: "1" } }), { variant: "delta" });
    const [all] = stream.delta(type);
    expect(all?.resources).toEqual(["A@1", "B@1"]);
    stream.ack(all);
    const [again] = stream.delta(type, { subscribe: ["A"] });
    expect(again?.resources).toEqual(["A@1"]);
    stream.ack(again);
    expect(stream.delta(type, { unsubscribe: ["*"] })).toEqual([]);
    const [one] = stream.view(view({ cds: { A: "2", B: "2" }, lds: { A: "2", B: "2" } }));
    expect(one).toMatchObject({ resources: ["A@2"], removed: [] });
    stream.ack(one);
    expect(stream.delta(type, { unsubscribe: ["A"] })).toEqual([]);
    expect(stream.delta(type)).toEqual([]);
    expect(subscriptions(stream)).toEqual(["*", "* A", "A", ""]);
    expect(stream.view(view({ cds: { A: "3" }, lds: { A: "3" } }))).toEqual([]);
  });

  test("R17: a first request with names is no wildcard, and an empty one after it neither", () => {
    const stream = new ScriptedStream(view({ cds: { A: "1", B: "1" } }), { variant: "delta" });
    const [first] = stream.delta(CDS, { subscribe: ["A"] });
    expect(first?.resources).toEqual(["A@1"]);
    expect(stream.ack(first)).toEqual([]);
    expect(stream.delta(CDS)).toEqual([]);
  });

  test("R19: for assignments an empty first request subscribes to nothing", () => {
    const stream = new ScriptedStream(view({ eds: { A: "1" } }), { variant: "delta" });
    expect(stream.delta(EDS)).toEqual([]);
  });

  test("R21: asking for everything again sends everything again", () => {
    const stream = new ScriptedStream(view({ cds: { A: "1", B: "1" } }), { variant: "delta" });
    const [first] = stream.delta(CDS, { subscribe: ["*"] });
    stream.ack(first);
    expect(resources(stream.delta(CDS, { subscribe: ["*"] }))).toEqual([["A@1", "B@1"]]);
  });

  test("R22: a name unsubscribed that the wildcard still covers is answered, as a resource or as removed", () => {
    const stream = new ScriptedStream(view({ cds: { A: "1" } }), { variant: "delta" });
    const [first] = stream.delta(CDS, { subscribe: ["*", "A", "X"] });
    expect(first).toMatchObject({ removed: ["X"] });
    expect(stream.ack(first)).toEqual([]);
    const [left] = stream.delta(CDS, { unsubscribe: ["A"] });
    expect(left).toMatchObject({ resources: ["A@1"], removed: [] });
    stream.ack(left);
    expect(stream.delta(CDS, { unsubscribe: ["X"] })).toMatchObject([{ resources: [], removed: ["X"] }]);
  });

  test("R23: what the wildcard covered is removed when it is deleted, once", () => {
    const stream = new ScriptedStream(view({ cds: { A: "1", B: "1" } }), { variant: "delta" });
    stream.ack(stream.delta(CDS)[0]);
    const [gone] = stream.view(view({ cds: { A: "1" } }));
    expect(gone).toMatchObject({ resources: [], removed: ["B"] });
    stream.ack(gone);
    expect(stream.view(view({ cds: { A: "1" }, eds: { A: "1" } }))).toEqual([]);
  });

  test("R25: Envoy comes back with an empty subscription and what it has: only the difference is sent, and what is gone", () => {
    const stream = new ScriptedStream(view({ cds: { A: "1", B: "2", D: "1" } }), { variant: "delta", userAgent: "envoy" });
    const [first] = stream.delta(CDS, { held: { A: "1", B: "1", C: "1" } });
    expect(first?.resources).toEqual(["B@2", "D@1"]);
    expect(stream.ack(first)).toMatchObject([{ resources: [], removed: ["C"] }]);
  });

  test("R26: the first wildcard request is answered although there is nothing", () => {
    const stream = new ScriptedStream(view({}), { variant: "delta" });
    expect(stream.delta(CDS)).toMatchObject([{ resources: [], removed: [] }]);
  });
});
