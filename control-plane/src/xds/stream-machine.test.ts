import { describe, expect, test } from "vitest";
import { Admission } from "./admission.js";
import { DEFAULT_LIMITS } from "./limits.js";
import { STATUS } from "./stream-machine.js";
import { ScriptedStream } from "./testing/scripted-stream.js";
import { CDS, EDS, view } from "./testing/views.js";

describe("limits of a stream", () => {
  test("more names than allowed end it", () => {
    const stream = new ScriptedStream(view({}), { variant: "delta", limits: { names: 2 } });
    stream.delta(EDS, { subscribe: ["a", "b"] });
    stream.delta(EDS, { subscribe: ["c"] });
    expect(stream.closed?.code).toBe(8);
    expect(stream.events.at(-1)).toMatch(/^closed at most 2 names/);
  });

  test("a name that is empty or too long ends it", () => {
    for (const name of ["", "x".repeat(513), "é".repeat(257)]) {
      const stream = new ScriptedStream(view({}));
      stream.sotw(EDS, [name]);
      expect(stream.closed?.code).toBe(3);
    }
    const stream = new ScriptedStream(view({}));
    stream.sotw(EDS, ["é".repeat(256)]);
    expect(stream.closed).toBeUndefined();
  });

  test("a type beyond the limit is not served, and the others go on", () => {
    const stream = new ScriptedStream(view({ cds: { a: "1" } }), { limits: { types: 1 } });
    expect(stream.sotw(CDS, ["a"])).toHaveLength(1);
    expect(stream.sotw(EDS, ["a"])).toEqual([]);
    expect(stream.closed).toBeUndefined();
  });

  test("a stream without a request is ended at the deadline, one with a request never", () => {
    const silent = new ScriptedStream(view({}));
    silent.tick(DEFAULT_LIMITS.firstRequestMs - 1);
    expect(silent.closed).toBeUndefined();
    silent.tick(1);
    expect(silent.closed?.code).toBe(4);
    const spoken = new ScriptedStream(view({}));
    spoken.sotw(CDS, []);
    expect(spoken.tick(1e9)).toEqual([]);
    expect(spoken.closed).toBeUndefined();
  });

  test("a node that is not admitted is told why", () => {
    const stream = new ScriptedStream(view({}), {
      refusalOf: (node) => ({ code: STATUS.resourceExhausted, details: `no room for ${node.id}` }),
    });
    stream.sotw(CDS, []);
    expect(stream.closed).toEqual({ code: 8, details: "no room for node-1" });
    expect(stream.events).toEqual([]);
  });

  test("a stream that cannot be written gets nothing, and then the newest state", () => {
    const stream = new ScriptedStream(view({ eds: { a: "1" } }));
    stream.ack(stream.sotw(EDS, ["a"])[0], ["a"]);
    stream.machine.writable(false);
    expect(stream.view(view({ eds: { a: "2" } }))).toEqual([]);
    expect(stream.view(view({ eds: { a: "3" } }))).toEqual([]);
    expect(stream.machine.writable(true)).toMatchObject([{ kind: "send", content: { resources: [{ version: "3" }] } }]);
  });
});

describe("a stream's observer", () => {
  test("hears of everything in order, and of the end once", () => {
    const stream = new ScriptedStream(view({ cds: { a: "1" } }));
    const [first] = stream.sotw(CDS, ["a"]);
    stream.ack(first, ["a"]);
    stream.machine.ended("client went");
    stream.machine.ended("again");
    expect(stream.events).toEqual([
      "opened node-1",
      "subscribed Cluster a",
      `sent Cluster ${first?.nonce}`,
      `acked Cluster ${first?.nonce}`,
      "closed client went",
    ]);
    expect(stream.view(view({ cds: { a: "2" } }))).toEqual([]);
  });

  test("hears of a subscription only when it changes", () => {
    const stream = new ScriptedStream(view({ cds: { a: "1" } }));
    stream.ack(stream.sotw(CDS, ["a"])[0], ["a"]);
    expect(stream.events.filter((event) => event.startsWith("subscribed"))).toHaveLength(1);
  });
});

describe("admission", () => {
  test("counts streams in all and per identity, and forgets those that ended", () => {
    const admission = new Admission({ ...DEFAULT_LIMITS, streams: 2, streamsPerIdentity: 1 });
    const [first, second, third] = [admission.enter(), admission.enter(), admission.enter()];
    expect([first.ok, second.ok, third.ok]).toEqual([true, true, false]);
    const place = admission.identify("10.0.0.1", "n");
    expect(admission.identify("10.0.0.1", "n").ok).toBe(false);
    expect(admission.identify("10.0.0.2", "n").ok).toBe(true);
    for (const one of [place, first]) {
      if (!one.ok) throw new Error(one.error);
      one.value.leave();
      one.value.leave();
    }
    expect(admission.streams).toBe(1);
    expect(admission.identify("10.0.0.1", "n").ok).toBe(true);
  });
});
