import { decode } from "@fairlead/proto";
import { describe, expect, test } from "vitest";
import type { Absence, Resource, ResourceSets } from "./resource-set.js";
import { ResponseEncoder } from "./response-encoder.js";
import { node, ScriptedStream, type Seen } from "./testing/scripted-stream.js";
import { CDS, EDS, type ViewWords, view } from "./testing/views.js";

const TTL = "xds.config.supports-resource-ttl";
const WRAPPED = "xds.config.resource-in-sotw";
const TTL_MS = 10_000;

const made = new Map<Resource, Resource>();

/** A view in which everything has a time to live, unless its name begins with "lasting". */
function timed(words: ViewWords, over: Partial<ResourceSets> = {}): ResourceSets {
  const sets = view(words);
  const types = [...sets.types].map(([typeUrl, set]) => {
    const resources = new Map([...set.resources].map(([name, one]) => [name, name.startsWith("lasting") ? one : withTtl(one)]));
    return [typeUrl, { ...set, resources }] as const;
  });
  return { ...sets, types: new Map(types), ...over };
}

/** The same one for the same one, as a view keeps it. */
function withTtl(resource: Resource): Resource {
  const known = made.get(resource) ?? { ...resource, ttlMs: TTL_MS };
  made.set(resource, known);
  return known;
}

function client(sets: ResourceSets, variant: "sotw" | "delta", clientFeatures: readonly string[] = [TTL, WRAPPED]) {
  const stream = new ScriptedStream(sets, { variant });
  return { stream, from: { node: { ...node(), clientFeatures } } };
}

/** `a@1` for a resource, `a@1 stands` for a heartbeat, which only delta has. */
function said(responses: readonly Seen[]): readonly (readonly string[])[] {
  return responses.map(({ resources, content }) => [
    ...resources,
    ...content.heartbeats.map(({ name, version }) => `${name}@${version} stands`),
  ]);
}

/** One that has `a` and `lasting` and says that it takes a time to live. */
function settled(variant: "sotw" | "delta", names = ["a", "lasting"]) {
  const { stream, from } = client(timed({ eds: { a: "1", lasting: "1" } }), variant);
  const [first] = variant === "sotw" ? stream.sotw(EDS, names, from) : stream.delta(EDS, { subscribe: names, ...from });
  stream.ack(first, names);
  return stream;
}

describe.each(["sotw", "delta"] as const)("a resource with a time to live (%s)", (variant) => {
  const STANDS = variant === "delta" ? "a@1 stands" : "a@1";

  test("R31: stands as long as the server does: it is renewed when half of its time is gone, and again", () => {
    const stream = settled(variant);
    expect(stream.machine.dueMs).toBe(TTL_MS / 2);
    expect(said(stream.tick(TTL_MS / 2 - 1))).toEqual([]);
    const beat = stream.tick(1);
    expect(said(beat)).toEqual([[STANDS]]);
    expect(stream.ack(beat[0], ["a", "lasting"])).toEqual([]);
    expect(stream.machine.dueMs).toBe(TTL_MS);
    expect(said(stream.tick(TTL_MS / 2))).toEqual([[STANDS]]);
  });

  test("R31: a client that does not say it understands is told of no time, and nothing is renewed", () => {
    const { stream, from } = client(timed({ eds: { a: "1" } }), variant, [WRAPPED]);
    const [first] = variant === "sotw" ? stream.sotw(EDS, ["a"], from) : stream.delta(EDS, { subscribe: ["a"], ...from });
    stream.ack(first, ["a"]);
    expect(first?.content.timed).toBe(false);
    expect(stream.machine.dueMs).toBeUndefined();
    expect(stream.tick(10 * TTL_MS)).toEqual([]);
  });

  test("R31: a renewal waits for the answer to the response before it (D4), and goes out with that", () => {
    const stream = settled(variant);
    stream.nowMs = 1_000;
    const [change] = stream.view(timed({ eds: { a: "1", lasting: "2" } }));
    expect(said([change as Seen])).toEqual([["lasting@2"]]);
    expect(stream.machine.dueMs).toBeUndefined();
    expect(stream.tick(5_000)).toEqual([]);
    expect(said(stream.ack(change, ["a", "lasting"]))).toEqual([[STANDS]]);
  });

  test("R31: what was sent meanwhile has its time from then, and a type that changes all the time does not starve the rest", () => {
    const stream = settled(variant);
    stream.nowMs = 2_000;
    stream.ack(stream.view(timed({ eds: { a: "2", lasting: "1" } }))[0], ["a", "lasting"]);
    expect(said(stream.tick(3_000))).toEqual([]);
    stream.nowMs = 7_000;
    const [both] = stream.view(timed({ eds: { a: "2", lasting: "2" } }));
    expect(said([both as Seen])).toEqual([["lasting@2", variant === "delta" ? "a@2 stands" : "a@2"]]);
  });

  test("R31: a client that was out of reach until its time was over is sent the resource itself", () => {
    const stream = settled(variant);
    stream.machine.writable(false);
    expect(stream.machine.dueMs).toBeUndefined();
    stream.nowMs = TTL_MS;
    expect(stream.machine.writable(true)).toMatchObject([{ content: { resources: [{ name: "a" }], heartbeats: [] } }]);
  });

  test("R31: a client that refuses a version keeps the one it has", () => {
    const stream = settled(variant);
    stream.nowMs = 1_000;
    const [bad] = stream.view(timed({ eds: { a: "bad", lasting: "1" } }));
    expect(said(stream.nack(bad, ["a", "lasting"]))).toEqual([[STANDS]]);
  });

  test("R31: what the client does not ask for any more runs out, and so does what is gone", () => {
    const dropped = settled(variant);
    if (variant === "sotw") dropped.sotw(EDS, ["lasting"], { nonce: "1" });
    else dropped.delta(EDS, { unsubscribe: ["a"] });
    expect(dropped.tick(5_000)).toEqual([]);
    const gone = settled(variant);
    for (const removal of gone.view(timed({ eds: { lasting: "1" } }))) gone.ack(removal, ["a", "lasting"]);
    expect(gone.tick(5_000)).toEqual([]);
    for (const stream of [dropped, gone]) {
      stream.tick(1);
      expect(stream.machine.dueMs).toBeUndefined();
    }
  });

  test("R31: what nobody can say anything about stands", () => {
    const stream = settled(variant);
    const unavailable = (): Absence => ({ kind: "unavailable", reason: "zk is silent", sinceMs: 0 });
    const seen = stream.view(timed({ eds: { lasting: "1" } }, { absence: unavailable }));
    if (seen.length > 0) stream.ack(seen[0], ["a", "lasting"]);
    expect(said(stream.tick(5_000))).toEqual([[STANDS]]);
  });

  test("R31: a time taken away is sent with the resource, which then stands for ever", () => {
    const stream = settled(variant);
    const [plain] = stream.view(view({ eds: { a: "2", lasting: "1" } }));
    stream.ack(plain, ["a", "lasting"]);
    expect(stream.tick(10 * TTL_MS)).toEqual([]);
  });
});

test("R31: a client that refuses a heartbeat is sent the resource itself, once", () => {
  const stream = settled("delta");
  const again = stream.nack(stream.tick(5_000)[0]);
  expect(said(again)).toEqual([["a@1"]]);
  expect(stream.ack(again[0])).toEqual([]);
  expect(said(stream.tick(5_000))).toEqual([["a@1 stands"]]);
});

test("R31: a SotW client that refuses a renewal is not asked again before the next", () => {
  const stream = settled("sotw");
  expect(stream.nack(stream.tick(5_000)[0], ["a", "lasting"])).toEqual([]);
  expect(said(stream.tick(5_000))).toEqual([["a@1"]]);
});

test("R31: Listeners and Clusters of SotW are a full state: they are renewed by being sent again, as the client has them", () => {
  const { stream, from } = client(timed({ cds: { a: "1", lasting: "1" } }), "sotw");
  stream.ack(stream.sotw(CDS, [], from)[0]);
  const [again] = stream.tick(5_000);
  expect(said([again as Seen])).toEqual([["a@1", "lasting@1"]]);
  stream.ack(again);
  // Nobody can say whether one of them is still there: neither may it be left out, nor the other run out.
  const unavailable = (): Absence => ({ kind: "unavailable", reason: "zk is silent", sinceMs: 0 });
  expect(stream.view(timed({ cds: { a: "1" } }, { absence: unavailable }))).toEqual([]);
  expect(said(stream.tick(5_000))).toEqual([["a@1", "lasting@1"]]);
});

test("R31: a delta client that comes back with a resource is told at once that it stands", () => {
  const { stream, from } = client(timed({ cds: { a: "1", b: "1", lasting: "1" } }), "delta");
  const held = { a: "1", b: "0", lasting: "1" };
  expect(said(stream.delta(CDS, { subscribe: ["a", "b", "lasting"], held, ...from }))).toEqual([["b@1", "a@1 stands"]]);
});

test("R16: only what has a time to live is wrapped, and only for a client that takes both", () => {
  const resources = [
    ...(timed({ eds: { a: "1", lasting: "1" } })
      .types.get(EDS)
      ?.resources.values() ?? []),
  ];
  const content = { typeUrl: EDS, version: "v", position: "p", removed: [], notes: [], heartbeats: [] };
  const decoded = (timedClient: boolean) => {
    const response = new ResponseEncoder("cp").encode({ ...content, variant: "sotw", resources, timed: timedClient }, 0);
    return decode("envoy.service.discovery.v3.DiscoveryResponse", response.bytes).resources;
  };
  const [wrapped, plain] = decoded(true);
  expect(plain).toMatchObject({ type_url: EDS, value: Buffer.from("lasting@1") });
  const inside = decode("envoy.service.discovery.v3.Resource", wrapped?.value ?? Buffer.alloc(0));
  expect(wrapped?.type_url).toBe("type.googleapis.com/envoy.service.discovery.v3.Resource");
  expect(inside).toMatchObject({ name: "a", version: "1", ttl: { seconds: 10 }, resource: { value: Buffer.from("a@1") } });
  expect(decoded(false)[0]).toMatchObject({ type_url: EDS });
  const { stream, from } = client(timed({ eds: { a: "1" } }), "sotw", [TTL]);
  expect(stream.sotw(EDS, ["a"], from)[0]?.content.timed).toBe(false);
});

test("R31: delta says the time beside the resource, and a heartbeat has no body", () => {
  const resources = [
    ...(timed({ eds: { a: "1" } })
      .types.get(EDS)
      ?.resources.values() ?? []),
  ];
  const content = { typeUrl: EDS, version: "v", position: "p", removed: [], notes: [], variant: "delta", timed: true } as const;
  const sent = new ResponseEncoder("cp").encode({ ...content, resources, heartbeats: [] }, 0);
  const beat = new ResponseEncoder("cp").encode({ ...content, resources: [], heartbeats: resources }, 0);
  const [whole, bare] = [sent, beat].map(({ bytes }) => decode("envoy.service.discovery.v3.DeltaDiscoveryResponse", bytes).resources[0]);
  expect(whole).toMatchObject({ name: "a", version: "1", ttl: { seconds: 10 }, resource: { type_url: EDS } });
  expect(bare).toMatchObject({ name: "a", version: "1", ttl: { seconds: 10 }, resource: null });
});
