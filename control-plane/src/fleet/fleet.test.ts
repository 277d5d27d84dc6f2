import { RESOURCE_TYPES } from "@fairlead/proto";
import { newMetrics } from "@fairlead/shared";
import { FakeClock, RecordedLog } from "@fairlead/shared/testing";
import { beforeEach, describe, expect, test } from "vitest";
import type { StreamIdentity } from "../xds/index.js";
import { type Fleet, newFleet } from "./index.js";

const { cluster: CDS, assignment: EDS } = RESOURCE_TYPES;

function stream(streamId: number, id = `node-${streamId}`): StreamIdentity {
  const node = { id, cluster: "web", zone: "a", userAgentName: "fairlead", userAgentVersion: "0.1.0", clientFeatures: [], metadata: {} };
  return { streamId, node, peer: `10.0.0.${streamId}:4000`, variant: "delta" };
}

describe("the fleet", () => {
  let clock: FakeClock;
  let fleet: Fleet;
  let metrics: ReturnType<typeof newMetrics>;

  beforeEach(() => {
    clock = new FakeClock(1_000_000);
    metrics = newMetrics();
    fleet = newFleet({ clock, metrics, log: new RecordedLog(), knows: () => true });
  });

  const sent = (of: StreamIdentity, nonce: string, version: string) =>
    fleet.observer.sent(of, EDS, { nonce, version, resources: 1, bytes: 10 });

  test("shows what each stream asks for, was sent, accepted and refused, and how long an answer is overdue", () => {
    const one = stream(1);
    fleet.observer.opened(one);
    fleet.observer.subscribed(one, EDS, ["shop", "cart"], false);
    sent(one, "n1", "v1");
    clock.advance(500);
    fleet.observer.acked(one, EDS, "n1", "v1");
    sent(one, "n2", "v2");
    fleet.observer.nacked(one, EDS, { nonce: "n2", reason: "shop: port 0", resources: ["shop"] });
    sent(one, "n3", "v3");
    clock.advance(2_000);
    expect(fleet.nodes).toEqual([
      {
        streamId: 1,
        nodeId: "node-1",
        cluster: "web",
        zone: "a",
        userAgent: "fairlead 0.1.0",
        peer: "10.0.0.1:4000",
        variant: "delta",
        connectedAtMs: 1_000_000,
        ended: undefined,
        types: [
          {
            typeUrl: EDS,
            subscribed: { count: 2, names: ["shop", "cart"], wildcard: false },
            sent: { version: "v3", nonce: "n3", atMs: 1_000_500 },
            acked: { version: "v1", atMs: 1_000_500 },
            nack: { reason: "shop: port 0", resources: ["shop"], version: "v2", atMs: 1_000_500, count: 1 },
            unansweredMs: 2_000,
          },
        ],
      },
    ]);
  });

  test("shows the first 100 names of a subscription and counts the rest", () => {
    fleet.observer.opened(stream(1));
    const names = Array.from({ length: 250 }, (_, index) => `s${index}`);
    fleet.observer.subscribed(stream(1), EDS, names, false);
    expect(fleet.nodes[0]?.types[0]?.subscribed).toMatchObject({ count: 250, names: names.slice(0, 100) });
  });

  describe("with changes", () => {
    /** One change is told, and acknowledged after a while. */
    function change(of: StreamIdentity, eventMs: number, ackAfterMs: number): void {
      fleet.observer.sent(of, EDS, { nonce: "n", version: "v", resources: 1, bytes: 10, change: { eventMs, publishedMs: eventMs + 4 } });
      clock.advance(ackAfterMs);
      fleet.observer.acked(of, EDS, "n", "v");
    }

    test("shows of each stream how long the last one took, and a summary of those before", () => {
      fleet.observer.opened(stream(1));
      clock.advance(1_000);
      for (let count = 1; count <= 200; count++) change(stream(1), clock.nowMs() - 10, count === 150 ? 90 : 20);
      expect(fleet.nodes[0]?.changes).toEqual({
        last: { typeUrl: EDS, eventAtMs: 1_000_000 + clock.nowMs() - 30, publishedMs: 4, sentMs: 10, ackedMs: 30 },
        count: 200,
        summary: { of: 128, p50Ms: 30, p99Ms: 30, maxMs: 100 },
      });
    });

    test("counts no first answer, and none that was refused", () => {
      fleet.observer.opened(stream(1));
      sent(stream(1), "n1", "v1");
      fleet.observer.acked(stream(1), EDS, "n1", "v1");
      fleet.observer.sent(stream(1), EDS, { nonce: "n2", version: "v2", resources: 1, bytes: 1, change: { eventMs: 0, publishedMs: 0 } });
      fleet.observer.nacked(stream(1), EDS, { nonce: "n2", reason: "no", resources: [] });
      expect(fleet.nodes[0]?.changes).toBeUndefined();
    });

    test("exports them by phase and kind of client, never by node", async () => {
      const core = { ...stream(2), node: { ...stream(2).node, userAgentName: "gRPC C-core linux Python" } };
      for (const each of [stream(1), stream(3), core]) {
        fleet.observer.opened(each);
        change(each, clock.nowMs() - 40, each === core ? 4_000 : 60);
      }
      const lines = (await metrics.expose()).split("\n").filter((line) => line.startsWith("fairlead_xds_change_seconds"));
      expect(lines).toContain('fairlead_xds_change_seconds_count{phase="total",client="fairlead"} 2');
      expect(lines).toContain('fairlead_xds_change_seconds_bucket{phase="total",client="fairlead",le="0.1"} 2');
      expect(lines).toContain('fairlead_xds_change_seconds_bucket{phase="sent",client="grpc-c-core",le="0.05"} 1');
      expect(lines).toContain('fairlead_xds_change_seconds_bucket{phase="acked",client="grpc-c-core",le="2.5"} 0');
      expect(lines.filter((line) => line.includes("node-"))).toEqual([]);
    });
  });

  test("counts NACKs", () => {
    fleet.observer.opened(stream(1));
    for (const nonce of ["a", "b"]) fleet.observer.nacked(stream(1), EDS, { nonce, reason: nonce, resources: [] });
    expect(fleet.nodes[0]?.types[0]?.nack).toMatchObject({ reason: "b", count: 2 });
  });

  test("keeps a stream that ended for ten minutes, with why", () => {
    fleet.observer.opened(stream(1));
    clock.advance(1_000);
    fleet.observer.closed(stream(1), "the client went");
    expect(fleet.nodes[0]?.ended).toEqual({ atMs: 1_001_000, reason: "the client went" });
    clock.advance(600_000);
    expect(fleet.nodes).toHaveLength(1);
    clock.advance(1);
    expect(fleet.nodes).toEqual([]);
  });

  test("keeps the last thousand that ended", () => {
    for (let id = 1; id <= 1_001; id += 1) {
      fleet.observer.opened(stream(id));
      fleet.observer.closed(stream(id), "gone");
    }
    expect(fleet.nodes).toHaveLength(1_000);
    expect(fleet.nodes[0]?.streamId).toBe(2);
  });

  test("finds the streams of one node, connected first", () => {
    for (const id of [1, 2, 3]) fleet.observer.opened(stream(id, id === 3 ? "other" : "mine"));
    fleet.observer.closed(stream(1, "mine"), "gone");
    expect(fleet.streamsOf("mine").map((one) => one.streamId)).toEqual([2, 1]);
  });

  test("knows how many subscriptions cover a name, while they last", () => {
    for (const id of [1, 2]) fleet.observer.opened(stream(id));
    fleet.observer.subscribed(stream(1), CDS, ["shop"], false);
    fleet.observer.subscribed(stream(1), EDS, ["shop"], false);
    fleet.observer.subscribed(stream(2), CDS, [], true);
    expect(fleet.usage("shop")).toMatchObject({ byName: 2, byWildcard: 1 });
    fleet.observer.subscribed(stream(1), EDS, ["cart"], false);
    expect([fleet.usage("shop").byName, fleet.usage("cart").byName]).toEqual([1, 1]);
    fleet.observer.closed(stream(1), "gone");
    fleet.observer.closed(stream(2), "gone");
    expect(fleet.usage("shop")).toMatchObject({ byName: 0, byWildcard: 0 });
  });

  test("a client that has reported its load for half a minute no longer calls by subscribing, until its reports end", () => {
    fleet.observer.opened(stream(1));
    fleet.observer.subscribed(stream(1), CDS, ["shop"], true);
    const reporter = { ...stream(1), peer: "10.0.0.1:9999" };
    fleet.loadObserver.opened(reporter);
    clock.advance(29_000);
    expect(fleet.usage("shop")).toMatchObject({ byName: 1, byWildcard: 1 });
    clock.advance(1_000);
    expect(fleet.usage("shop")).toMatchObject({ byName: 0, byWildcard: 0 });
    fleet.observer.subscribed(stream(1), EDS, ["cart"], false);
    fleet.observer.opened(stream(2));
    fleet.observer.subscribed(stream(2), EDS, ["cart"], false);
    expect(fleet.usage("cart").byName).toBe(1);
    fleet.loadObserver.closed(reporter);
    expect([fleet.usage("shop").byName, fleet.usage("cart").byName]).toEqual([1, 2]);
    for (const id of [1, 2]) fleet.observer.closed(stream(id), "gone");
    expect(fleet.usage("cart").byName).toBe(0);
  });

  test("a gRPC client that reports its load still calls by subscribing: it does not report calls that find nobody", () => {
    const plain = stream(1);
    const grpc = { ...plain, node: { ...plain.node, userAgentName: "gRPC Go" } };
    fleet.observer.opened(grpc);
    fleet.observer.subscribed(grpc, CDS, ["shop"], false);
    fleet.loadObserver.opened({ ...grpc, peer: "10.0.0.1:9999" });
    clock.advance(30_000);
    expect(fleet.usage("shop").byName).toBe(1);
    fleet.observer.closed(grpc, "gone");
    expect(fleet.usage("shop").byName).toBe(0);
  });

  test("a reported request is a call", () => {
    clock.advance(5_000);
    const place = { endpoint: undefined, region: "", zone: "a", subZone: "", priority: 0 };
    const places = [{ place, issued: 1, succeeded: 1, failed: 0, inProgress: 0, metrics: [], latencies: undefined }];
    fleet.loadObserver.reported(stream(1), [{ cluster: "shop", windowMs: 10_000, dropped: 0, places }]);
    expect(fleet.usage("shop").quietSinceMs).toBe(1_005_000);
    expect(fleet.usage("cart").quietSinceMs).toBe(1_000_000);
  });

  test("exports counts by type and variant, and responses unanswered for a minute", async () => {
    fleet.observer.opened(stream(1));
    sent(stream(1), "n1", "v1");
    fleet.observer.nacked(stream(1), "type.googleapis.com/private", { nonce: "x", reason: "", resources: [] });
    expect(await metrics.expose()).toContain('fairlead_xds_unanswered{type="assignment"} 0');
    clock.advance(60_001);
    const text = await metrics.expose();
    expect(text).toContain('fairlead_xds_streams{variant="delta"} 1');
    expect(text).toContain('fairlead_xds_streams{variant="sotw"} 0');
    expect(text).toContain('fairlead_xds_responses_total{type="assignment"} 1');
    expect(text).toContain('fairlead_xds_nacks_total{type="other"} 1');
    expect(text).toContain('fairlead_xds_unanswered{type="assignment"} 1');
  });
});
