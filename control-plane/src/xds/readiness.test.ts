import { describe, expect, test } from "vitest";
import { ScriptedStream, type Seen } from "./testing/scripted-stream.js";
import { CDS, EDS, LDS, RDS, view } from "./testing/views.js";

const resources = (seen: readonly Seen[]) => seen.map((response) => response.resources);

describe("readiness, SotW", () => {
  test.each([CDS, LDS])("a list of names is not answered until each is present or known not to exist (%s)", (type) => {
    const stream = new ScriptedStream(view({ cds: { a: "1" }, lds: { a: "1" }, unavailable: ["b", "c"] }));
    expect(stream.sotw(type, ["a", "b", "c"], { version: "old" })).toEqual([]);
    expect(stream.view(view({ cds: { a: "1", b: "1" }, lds: { a: "1", b: "1" }, unavailable: ["c"] }))).toEqual([]);
    const [first] = stream.view(view({ cds: { a: "1", b: "1" }, lds: { a: "1", b: "1" } }));
    expect(first).toMatchObject({ resources: ["a@1", "b@1"], errors: ["c: 5"] });
  });

  test.each([CDS, LDS])("a wildcard is not answered until the view is complete (%s)", (type) => {
    const words = { cds: { a: "1" }, lds: { a: "1" } };
    const stream = new ScriptedStream(view({ ...words, complete: false }));
    expect(stream.sotw(type, [])).toEqual([]);
    expect(resources(stream.view(view({ ...words, complete: true })))).toEqual([["a@1"]]);
  });

  test("a newcomer is answered with what is known where the view allows it, and told of the rest later", () => {
    const stream = new ScriptedStream(view({ cds: { a: "1" }, unavailable: ["b"], answerNewcomers: true }));
    const [first] = stream.sotw(CDS, ["a", "b"]);
    expect(first).toMatchObject({ resources: ["a@1"], errors: ["b: 14"] });
    expect(stream.ack(first, ["a", "b"])).toEqual([]);
    expect(resources(stream.view(view({ cds: { a: "1", b: "1" } })))).toEqual([["a@1", "b@1"]]);
  });

  test("a client that comes with a version is no newcomer", () => {
    const stream = new ScriptedStream(view({ cds: { a: "1" }, complete: false, answerNewcomers: true }));
    expect(stream.sotw(CDS, [], { version: "old" })).toEqual([]);
  });

  test("a Cluster the client has is never left out because its source fell silent", () => {
    const stream = new ScriptedStream(view({ cds: { a: "1", b: "1" } }));
    stream.ack(stream.sotw(CDS, [])[0], []);
    expect(stream.view(view({ cds: { a: "2" }, unavailable: ["b"] }))).toEqual([]);
    expect(resources(stream.view(view({ cds: { a: "2", b: "1" } })))).toEqual([["a@2", "b@1"]]);
  });

  test("nor after the client refused a response that held it, for it may have kept the Cluster", () => {
    const stream = new ScriptedStream(view({ cds: { a: "1", b: "1" } }));
    stream.nack(stream.sotw(CDS, [])[0], []);
    expect(stream.view(view({ cds: { a: "2" }, unavailable: ["b"] }))).toEqual([]);
  });

  test("a source that never spoke holds up nothing on a stream that was answered before", () => {
    const stream = new ScriptedStream(view({ cds: { a: "1" } }));
    stream.ack(stream.sotw(CDS, [])[0], []);
    expect(resources(stream.view(view({ cds: { a: "2" }, complete: false, unavailable: ["new"] })))).toEqual([["a@2"]]);
  });

  test("a name added while its source is silent is withheld by itself", () => {
    const stream = new ScriptedStream(view({ cds: { a: "1" }, unavailable: ["b"] }));
    const [first] = stream.sotw(CDS, ["a"]);
    expect(stream.ack(first, ["a", "b"])).toEqual([]);
    expect(resources(stream.view(view({ cds: { a: "1", b: "1" } })))).toEqual([["a@1", "b@1"]]);
  });

  test.each([EDS, RDS])("an assignment or route that is unavailable holds up no other, and is never sent empty (%s)", (type) => {
    const stream = new ScriptedStream(view({ eds: { a: "1" }, rds: { a: "1" }, unavailable: ["b"] }));
    const [first] = stream.sotw(type, ["a", "b"]);
    expect(first).toMatchObject({ resources: ["a@1"], errors: ["b: 14"] });
    expect(stream.ack(first, ["a", "b"])).toEqual([]);
    expect(resources(stream.view(view({ eds: { a: "1", b: "1" }, rds: { a: "1", b: "1" } })))).toEqual([["b@1"]]);
  });
});

describe("an assignment of an earlier run", () => {
  const old = view({ eds: { a: "1", b: "1" }, provisional: ["a"] });
  const heard = view({ eds: { a: "2", b: "1" } });

  test("is not sent to a client that may have a newer one, and the others are; once the source has spoken it is", () => {
    const stream = new ScriptedStream(old);
    const [first] = stream.sotw(EDS, ["a", "b"], { version: "elsewhere" });
    expect(first?.resources).toEqual(["b@1"]);
    expect(stream.ack(first, ["a", "b"])).toEqual([]);
    expect(resources(stream.view(heard))).toEqual([["a@2"]]);
  });

  test("is sent when its source says that it still holds, though nothing of it changed", () => {
    const stream = new ScriptedStream(old);
    stream.ack(stream.sotw(EDS, ["a", "b"], { version: "elsewhere" })[0], ["a", "b"]);
    expect(resources(stream.view({ ...old, isProvisional: () => false }))).toEqual([["a@1"]]);
  });

  test("is sent to a client that has nothing", () => {
    expect(resources(new ScriptedStream(old).sotw(EDS, ["a", "b"]))).toEqual([["a@1", "b@1"]]);
    expect(resources(new ScriptedStream(old, { variant: "delta" }).delta(EDS, { subscribe: ["a", "b"] }))).toEqual([["a@1", "b@1"]]);
  });

  test("is sent in delta where the client has none of it, and not where it has another", () => {
    const stream = new ScriptedStream(old, { variant: "delta" });
    expect(resources(stream.delta(EDS, { subscribe: ["a", "b"], held: { a: "elsewhere" } }))).toEqual([["b@1"]]);
    const other = new ScriptedStream(old, { variant: "delta" });
    expect(resources(other.delta(EDS, { subscribe: ["a", "b"], held: { b: "1" } }))).toEqual([["a@1"]]);
  });

  test("is followed at once by a client that comes in step with us: it can have nothing newer", () => {
    const fallen = view({ eds: { a: "1-", b: "1" }, provisional: ["a"] });
    const sotw = new ScriptedStream(old);
    const version = old.types.get(EDS)?.version ?? "";
    sotw.ack(sotw.sotw(EDS, ["a", "b"], { version })[0], ["a", "b"]);
    expect(resources(sotw.view(fallen))).toEqual([["a@1-"]]);
    const delta = new ScriptedStream(old, { variant: "delta" });
    expect(delta.delta(EDS, { subscribe: ["a", "b"], held: { a: "1", b: "1" } })).toEqual([]);
    expect(resources(delta.view(fallen))).toEqual([["a@1-"]]);
  });

  test("is sent where the client names it later, or drops it and asks again: it has none then", () => {
    const sotw = new ScriptedStream(old);
    const [first] = sotw.sotw(EDS, ["b"], { version: "elsewhere" });
    expect(resources(sotw.ack(first, ["a", "b"]))).toEqual([["a@1"]]);
    const delta = new ScriptedStream(old, { variant: "delta" });
    delta.delta(EDS, { subscribe: ["a"], held: { a: "elsewhere" } });
    delta.delta(EDS, { unsubscribe: ["a"] });
    expect(resources(delta.delta(EDS, { subscribe: ["a"] }))).toEqual([["a@1"]]);
  });

  test("is not sent to an Envoy either, which is answered for every name it asks for, until its source has spoken", () => {
    const stream = new ScriptedStream(old, { variant: "delta", userAgent: "envoy" });
    expect(resources(stream.delta(EDS, { subscribe: ["a"], held: { a: "2" } }))).toEqual([]);
    expect(resources(stream.view(heard))).toEqual([["a@2"]]);
  });
});

describe("readiness, delta", () => {
  const delta = { variant: "delta" } as const;

  test("a name that is unavailable is neither sent nor removed, and answered when it is settled", () => {
    const stream = new ScriptedStream(view({ eds: { a: "1" }, unavailable: ["b", "c"] }), delta);
    const [first] = stream.delta(EDS, { subscribe: ["a", "b", "c"] });
    expect(first).toMatchObject({ resources: ["a@1"], removed: [], errors: ["b: 14", "c: 14"] });
    expect(first?.content.notes[0]?.reason).toBe("source zk has not spoken, since 2023-11-14T22:13:20.000Z");
    stream.ack(first);
    const [second] = stream.view(view({ eds: { a: "1", b: "1" }, unavailable: ["c"] }));
    expect(second).toMatchObject({ resources: ["b@1"], removed: [], errors: [] });
    stream.ack(second);
    expect(stream.view(view({ eds: { a: "1", b: "1" } }))).toMatchObject([{ resources: [], removed: ["c"], errors: ["c: 5"] }]);
  });

  test("not-found is seen although nothing else of the type changed", () => {
    const before = view({ eds: { a: "1" }, unavailable: ["b"] });
    const stream = new ScriptedStream(before, delta);
    stream.ack(stream.delta(EDS, { subscribe: ["a", "b"] })[0]);
    const after = { ...view({}), types: before.types };
    expect(stream.view(after)).toMatchObject([{ resources: [], removed: ["b"] }]);
  });

  test("what the client has stays when its source falls silent, named or by wildcard", () => {
    for (const subscribe of [["a"], ["*"]]) {
      const stream = new ScriptedStream(view({ cds: { a: "1" } }), delta);
      stream.ack(stream.delta(CDS, { subscribe })[0]);
      const steps = stream.view(view({ unavailable: ["a"] }));
      expect(steps.flatMap((seen) => seen.removed)).toEqual([]);
      expect(steps.flatMap((seen) => seen.resources)).toEqual([]);
    }
  });

  test("a wildcard is not answered until the view is complete, except to a newcomer where the view allows it", () => {
    const words = { cds: { a: "1" }, complete: false };
    const stream = new ScriptedStream(view(words), delta);
    expect(stream.delta(CDS)).toEqual([]);
    expect(resources(stream.view(view({ cds: { a: "1" } })))).toEqual([["a@1"]]);
    expect(resources(new ScriptedStream(view({ ...words, answerNewcomers: true }), delta).delta(CDS))).toEqual([["a@1"]]);
    expect(new ScriptedStream(view({ ...words, answerNewcomers: true }), delta).delta(CDS, { held: { b: "1" } })).toEqual([]);
  });
});
