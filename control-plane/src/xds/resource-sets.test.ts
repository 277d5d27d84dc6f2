import { describe, expect, test } from "vitest";
import type { ResourceSets } from "./resource-set.js";
import { resourceSets } from "./resource-sets.js";
import { ScriptedStream } from "./testing/scripted-stream.js";
import { CDS, EDS } from "./testing/views.js";

const cluster = (name: string, timeout = 1) => ({ name, connect_timeout: { seconds: timeout } });
const versionOf = (sets: ResourceSets, name: string) => sets.types.get(CDS)?.resources.get(name)?.version;

describe("a view made by hand", () => {
  test("takes messages or bytes, and equal content has an equal version", () => {
    const one = resourceSets({ clusters: { a: cluster("a") } });
    const bytes = one.types.get(CDS)?.resources.get("a")?.value ?? Buffer.of();
    expect(versionOf(resourceSets({ clusters: { a: bytes } }), "a")).toBe(versionOf(one, "a"));
    expect(versionOf(resourceSets({ clusters: { a: cluster("a", 2) } }), "a")).not.toBe(versionOf(one, "a"));
  });

  test("gives a time to live to what shall have one; another one is another version, and one that cannot be renewed in time is refused", () => {
    const withTtl = (ms: number | undefined) =>
      resourceSets({
        clusters: { a: cluster("a"), b: cluster("b") },
        ttlMs: (typeUrl, name) => (typeUrl === CDS && name === "a" ? ms : undefined),
      });
    const [none, ten, twenty] = [withTtl(undefined), withTtl(10_000), withTtl(20_000)];
    expect(ten.types.get(CDS)?.resources.get("a")?.ttlMs).toBe(10_000);
    expect(ten.types.get(CDS)?.resources.get("b")?.ttlMs).toBeUndefined();
    expect(new Set([none, ten, twenty].map((sets) => versionOf(sets, "a"))).size).toBe(3);
    expect(new Set([none, ten, twenty].map((sets) => versionOf(sets, "b"))).size).toBe(1);
    expect(() => withTtl(999)).toThrow(/ttlMs of a is 999/);
  });

  test("keeps the reference of what did not change", () => {
    const one = resourceSets({ clusters: { a: cluster("a"), b: cluster("b") }, assignments: { a: { cluster_name: "a" } } });
    const two = resourceSets({ clusters: { a: cluster("a"), b: cluster("b", 2) }, assignments: { a: { cluster_name: "a" } } }, one);
    expect(two.types.get(EDS)).toBe(one.types.get(EDS));
    expect(two.types.get(CDS)?.resources.get("a")).toBe(one.types.get(CDS)?.resources.get("a"));
    expect(two.types.get(CDS)?.resources.get("b")).not.toBe(one.types.get(CDS)?.resources.get("b"));
  });

  test("R30: knows by which name a cluster finds its assignment, in messages and in bytes", () => {
    const named = (timeout: number) => ({ ...cluster("a", timeout), type: "EDS", eds_cluster_config: { service_name: "shop" } }) as const;
    const before = resourceSets({ clusters: { a: named(1) }, assignments: { shop: { cluster_name: "shop" } } });
    const stream = new ScriptedStream(before, { variant: "delta", userAgent: "envoy" });
    stream.ack(stream.delta(CDS)[0]);
    stream.ack(stream.delta(EDS, { subscribe: ["shop"] })[0]);
    const bytes =
      resourceSets({ clusters: { a: named(2) } })
        .types.get(CDS)
        ?.resources.get("a")?.value ?? Buffer.of();
    const sent = stream.view(resourceSets({ clusters: { a: bytes }, assignments: { shop: { cluster_name: "shop" } } }, before));
    expect(sent.map(({ type, content }) => [type, content.resources.map(({ name }) => name)])).toEqual([
      [CDS, ["a"]],
      [EDS, ["shop"]],
    ]);
  });

  test("serves bytes that are no cluster as they are: the client says what it thinks of them", () => {
    const sets = resourceSets({ clusters: { a: Buffer.from([255]) } });
    expect(sets.types.get(CDS)?.resources.get("a")?.value).toEqual(Buffer.from([255]));
  });

  test("refuses a message the schema does not have, naming the place", () => {
    const wrong = { clusters: { a: { name: "a", lb_polcy: "RANDOM" } } } as Parameters<typeof resourceSets>[0];
    expect(() => resourceSets(wrong)).toThrow(/lb_polcy/);
  });

  test("serves types this schema does not know, by name", () => {
    const secret = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret";
    const stream = new ScriptedStream(resourceSets({ others: { [secret]: { cert: Buffer.from("x") } } }), { variant: "delta" });
    expect(stream.delta(secret, { subscribe: ["cert"] })[0]?.content.resources.map(({ name }) => name)).toEqual(["cert"]);
  });

  test("says that a name it does not have does not exist", () => {
    const stream = new ScriptedStream(resourceSets({}), { variant: "delta" });
    expect(stream.delta(EDS, { subscribe: ["a"] })).toMatchObject([{ removed: ["a"], errors: ["a: 5"] }]);
  });
});

describe("a label", () => {
  const labelled = (label: string, timeout: number, previous?: ResourceSets) =>
    resourceSets({ clusters: { a: cluster("a", timeout) }, labels: { [CDS]: label } }, previous);

  test("is shown as the version of its type, and of no other", () => {
    const sotw = new ScriptedStream(labelled("build-7", 1));
    expect(sotw.sotw(CDS, [])[0]?.version).toBe("build-7");
    const delta = new ScriptedStream(labelled("build-7", 1), { variant: "delta" });
    expect(delta.delta(CDS)[0]?.content.position).toBe("build-7");
    expect(delta.delta(EDS, { subscribe: ["a"] })[0]?.content.position).not.toBe("build-7");
  });

  test.each(["sotw", "delta"] as const)("hides no change of content, and makes none (%s)", (variant) => {
    const before = labelled("build-7", 1);
    const stream = new ScriptedStream(before, { variant });
    stream.ack(variant === "sotw" ? stream.sotw(CDS, [])[0] : stream.delta(CDS)[0], []);
    expect(stream.view(labelled("build-8", 1, before))).toEqual([]);
    expect(stream.view(labelled("build-8", 2, before))).toHaveLength(1);
  });
});
