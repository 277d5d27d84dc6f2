import { describe, expect, test } from "vitest";
import { GATE_MS } from "./gates.js";
import { ScriptedStream, type Seen } from "./testing/scripted-stream.js";
import { CDS, EDS, LDS, RDS, type ViewWords, view } from "./testing/views.js";

const said = (seen: readonly Seen[]) =>
  seen.map(({ type, resources, removed }) => [type, ...resources, ...removed.map((name) => `-${name}`)]);
const everything = (...names: readonly string[]): ViewWords => {
  const versions = Object.fromEntries(names.map((name) => [name, "1"]));
  return { cds: versions, eds: versions, lds: versions, rds: versions };
};
const just = (seen: readonly Seen[], type: string) => seen.find((each) => each.type === type);

/** A delta client that asks for all Clusters and Listeners, as Envoy does, and has everything of service a. */
function settled(options: { readonly gated?: boolean } = {}) {
  const stream = new ScriptedStream(view(everything("a")), { variant: "delta", gated: options.gated ?? true });
  stream.ack(stream.delta(CDS)[0]);
  stream.ack(stream.delta(EDS, { subscribe: ["a"] })[0]);
  stream.ack(stream.delta(LDS)[0]);
  stream.ack(stream.delta(RDS, { subscribe: ["a"] })[0]);
  return stream;
}

describe("D4: what leads to something new waits until the client has it", () => {
  test("a new listener follows the ACKs of its cluster and of its assignment, which is waited for until it is asked for", () => {
    const stream = settled();
    const first = stream.view(view(everything("a", "b")));
    expect(said(first)).toEqual([[CDS, "b@1"]]);
    expect(stream.ack(first[0])).toEqual([]);
    const assignment = stream.delta(EDS, { subscribe: ["b"] });
    expect(said(assignment)).toEqual([[EDS, "b@1"]]);
    expect(said(stream.ack(assignment[0]))).toEqual([[LDS, "b@1"]]);
  });

  test("a change of what the client has waits for nothing, whatever else is on its way", () => {
    const stream = settled();
    stream.view(view(everything("a", "b")));
    const changed = view({ ...everything("a", "b"), eds: { a: "2", b: "1" }, rds: { a: "2", b: "1" } });
    expect(said(stream.view(changed))).toEqual([
      [EDS, "a@2"],
      [RDS, "a@2"],
    ]);
  });

  test("a cluster that is refused holds up nobody", () => {
    const stream = settled();
    const [cluster] = stream.view(view(everything("a", "b")));
    stream.delta(EDS, { subscribe: ["b"] });
    expect(said(stream.nack(cluster))).toEqual([]);
    const stuck = settled();
    const sent = stuck.view(view({ ...everything("a", "b"), eds: { a: "1" } }));
    expect(said(stuck.nack(just(sent, CDS)))).toEqual([[LDS, "b@1"]]);
  });

  test("a client that never answers gets it after 15 s, counted once", () => {
    const stream = settled();
    stream.view(view(everything("a", "b")));
    expect(stream.machine.dueMs).toBe(GATE_MS);
    expect(stream.tick(GATE_MS - 1)).toEqual([]);
    const late = stream.tick(1);
    expect(said(late)).toEqual([[LDS, "b@1"]]);
    stream.ack(late[0]);
    stream.tick(GATE_MS);
    expect(stream.events.filter((event) => event.startsWith("gate expired"))).toEqual(["gate expired Listener"]);
    expect(stream.machine.dueMs).toBeUndefined();
  });

  test("what is not wanted any more leaves no gate behind", () => {
    const stream = settled();
    stream.view(view(everything("a", "b")));
    stream.view(view({ ...everything("a"), cds: { a: "1", b: "1" } }));
    expect(stream.tick(GATE_MS)).toEqual([]);
    expect(stream.machine.dueMs).toBeUndefined();
    expect(stream.events.filter((event) => event.startsWith("gate expired"))).toEqual([]);
  });

  test("a client that asks by name for the route alone waits for nothing", () => {
    const stream = new ScriptedStream(view(everything("a")), { variant: "delta", gated: true });
    expect(said(stream.delta(LDS, { subscribe: ["a"] }))).toEqual([[LDS, "a@1"]]);
    expect(said(stream.delta(RDS, { subscribe: ["a"] }))).toEqual([[RDS, "a@1"]]);
  });

  test("what the client has from an earlier stream waits for nothing", () => {
    const stream = new ScriptedStream(view({ ...everything("a"), rds: { a: "2" } }), { variant: "delta", gated: true });
    stream.delta(CDS, { subscribe: ["a"] });
    expect(said(stream.delta(RDS, { subscribe: ["a"], held: { a: "1" } }))).toEqual([[RDS, "a@2"]]);
  });

  test("without gates nothing waits", () => {
    const stream = settled({ gated: false });
    expect(said(stream.view(view(everything("a", "b"))))).toEqual([
      [CDS, "b@1"],
      [LDS, "b@1"],
    ]);
  });
});

describe("D4: what was led to is taken away once the client has let go of it", () => {
  test("in delta the cluster after the ACKs of Listeners and routes, the assignment after that of the cluster", () => {
    const stream = settled();
    const gone = stream.view(view({}));
    expect(said(gone)).toEqual([[LDS, "-a"]]);
    const route = stream.ack(gone[0]);
    expect(said(route)).toEqual([[RDS, "-a"]]);
    const cluster = stream.ack(route[0]);
    expect(said(cluster)).toEqual([[CDS, "-a"]]);
    expect(said(stream.ack(cluster[0]))).toEqual([[EDS, "-a"]]);
  });

  test("a NACK opens as an ACK does, and 15 s of silence too", () => {
    const stream = settled();
    const [listener] = stream.view(view({}));
    expect(said(stream.nack(listener))).toEqual([[RDS, "-a"]]);
    // The clocks run together: the assignment is as late as its cluster.
    expect(said(stream.tick(GATE_MS))).toEqual([
      [CDS, "-a"],
      [EDS, "-a"],
    ]);
    expect(stream.events.filter((event) => event.startsWith("gate expired"))).toEqual([
      "gate expired Cluster",
      "gate expired ClusterLoadAssignment",
    ]);
  });

  test("R29: in SotW the clusters are old and new together until the routes are acknowledged, then new", () => {
    const stream = new ScriptedStream(view(everything("a")), { variant: "sotw", gated: true });
    stream.ack(stream.sotw(CDS, [])[0], []);
    stream.ack(stream.sotw(EDS, ["a"])[0], ["a"]);
    stream.ack(stream.sotw(RDS, ["r-1"])[0], ["r-1"]);
    const before = view({ cds: { a: "1" }, eds: { a: "1" }, rds: { "a-route": "1" } });
    stream.view(before);
    stream.ack(stream.sotw(RDS, ["a-route"])[0], ["a-route"]);
    const sent = stream.view(view({ cds: { b: "1" }, eds: { b: "1" }, rds: { "a-route": "2" } }));
    expect(said(sent)).toEqual([
      [CDS, "b@1", "a@1"],
      [RDS, "a-route@2"],
    ]);
    expect(stream.ack(just(sent, CDS), [])).toEqual([]);
    expect(said(stream.ack(just(sent, RDS), ["a-route"]))).toEqual([[CDS, "b@1"]]);
  });

  test("a name that never was is told at once, whatever waits", () => {
    const stream = settled();
    stream.view(view({ ...everything("a"), lds: {} }));
    expect(said(stream.delta(CDS, { subscribe: ["never"] }))).toEqual([[CDS, "-never"]]);
  });
});
