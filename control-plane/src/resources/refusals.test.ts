import { decode, RESOURCE_TYPES } from "@fairlead/proto";
import { Cell, newMetrics } from "@fairlead/shared";
import { RecordedLog } from "@fairlead/shared/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LB_POLICIES } from "../config/index.js";
import { settingsWith } from "../snapshot/testing/settings.js";
import { clientKind } from "./client-kind.js";
import { type MessageOf, refusalOf } from "./encoded.js";
import { node, service, snapshotOf } from "./testing/services.js";
import { viewsOf } from "./testing/views.js";
import { Views } from "./views.js";

const CLIENTS = ["envoy", "fairlead", "gRPC Go", "gRPC Java", "gRPC C-core", "gRPC Node Pure JS", "somebody"];
const EDS = RESOURCE_TYPES.assignment;

const lbEndpoint = (address: string) => ({ endpoint: { address: { socket_address: { address, port_value: 80 } } } });
const locality = (zone: string, over: object = {}) => ({
  locality: { zone },
  load_balancing_weight: { value: 1 },
  lb_endpoints: [lbEndpoint(`10.0.0.${zone}`)],
  ...over,
});

test.each<[string, MessageOf<"assignment">["endpoints"], RegExp]>([
  ["a host name", [locality("1", { lb_endpoints: [lbEndpoint("shop.internal")] })], /no IP address/],
  ["an address twice", [locality("1"), locality("2", { lb_endpoints: [lbEndpoint("10.0.0.1")] })], /twice/],
  ["a gap of priorities", [locality("1", { priority: 1 })], /priority 0/],
  ["no locality", [locality("1", { locality: null })], /not set/],
  ["a locality twice", [locality("1"), locality("1", { lb_endpoints: [lbEndpoint("10.0.0.9")] })], /twice/],
  ["a locality without weight", [locality("1", { load_balancing_weight: null })], /no weight/],
  ["sums beyond 32 bits", [1, 2].map((zone) => locality(String(zone), { load_balancing_weight: { value: 2 ** 31 } })), /32 bits/],
])("an assignment with %s is refused", (_, endpoints = [], reason) => {
  expect(refusalOf("assignment", { cluster_name: "shop", endpoints }, "grpc-node")).toMatch(reason);
});

const CLUSTER: MessageOf<"cluster"> = { name: "shop", type: "EDS", eds_cluster_config: { eds_config: { ads: {} } } };

test.each<[string, MessageOf<"cluster">, string, RegExp]>([
  ["STRICT_DNS", { type: "STRICT_DNS" }, "gRPC Go", /type/],
  ["LEAST_REQUEST for C-core", { lb_policy: "LEAST_REQUEST" }, "gRPC C-core", /LEAST_REQUEST/],
  ["MAGLEV for Java", { lb_policy: "MAGLEV" }, "gRPC Java", /MAGLEV/],
  ["CLUSTER_PROVIDED for our sidecar", { lb_policy: "CLUSTER_PROVIDED" }, "fairlead", /CLUSTER_PROVIDED/],
  ["an ejection above Envoy's limit", { outlier_detection: { base_ejection_time: { seconds: 301 } } }, "envoy", /base_ejection_time/],
  ["101 percent", { outlier_detection: { max_ejection_percent: { value: 101 } } }, "gRPC Go", /max_ejection_percent/],
])("a cluster with %s is refused", (_, over, client, reason) => {
  expect(refusalOf("cluster", { ...CLUSTER, ...over }, clientKind(client))).toMatch(reason);
  expect(refusalOf("cluster", CLUSTER, clientKind(client))).toBeUndefined();
});

test("a listener without api_listener, and a route that leads nowhere, are refused", () => {
  expect(refusalOf("listener", { name: "shop" }, "grpc-c-core")).toMatch(/api_listener/);
  const virtual_hosts = [{ name: "shop", domains: ["*"], routes: [{ match: { prefix: "" }, route: {} }] }];
  expect(refusalOf("routeConfiguration", { name: "shop", virtual_hosts }, "envoy")).toMatch(/no cluster/);
});

const optional = <T>(arbitrary: fc.Arbitrary<T>, key: string) =>
  fc.option(arbitrary).map((value) => (value === null ? {} : { [key]: value }));
const settings = fc
  .tuple(
    fc.constantFrom(...LB_POLICIES).map((policy) => ({
      lb: policy === "maglev" || policy === "ring-hash" ? { policy, hashOn: { header: "x-user" } } : { policy },
    })),
    fc.constantFrom("http1", "tcp").map((protocol) => ({ protocol })),
    optional(fc.integer({ min: 1, max: 3_600_000 }), "slowStartMs"),
    optional(
      fc.record({ baseEjectionTimeMs: fc.integer({ min: 100, max: 300_000 }), consecutive5xx: fc.nat(9) }, { requiredKeys: [] }),
      "outlier",
    ),
    optional(
      fc.record({ maxRequests: fc.integer({ min: 1, max: 99 }), maxConnections: fc.integer({ min: 1 }) }, { requiredKeys: [] }),
      "limits",
    ),
    optional(fc.record({ size: fc.integer({ min: 1, max: 5 }) }), "subset"),
    optional(fc.integer({ min: 1, max: 50 }), "hedgePercent"),
  )
  .map((parts) => settingsWith({ localPort: 9001, ...(Object.assign({}, ...parts) as object) }));
const members = fc.uniqueArray(
  fc.record({
    port: fc.integer({ min: 1, max: 65_535 }),
    weight: fc.integer({ min: 0, max: 10_000 }),
    zone: fc.constantFrom("a", "b", "c"),
    priority: fc.constantFrom(0, 0, 3, 7),
    health: fc.constantFrom("healthy", "healthy", "unhealthy", "draining"),
  }),
  { selector: ({ port }) => port, maxLength: 30 },
);

test("whatever the settings and the endpoints, nothing that a client refuses is rendered, and everything is", () => {
  fc.assert(
    fc.property(settings, members, fc.constantFrom(...CLIENTS), (of, list, client) => {
      const views = viewsOf(new Cell(snapshotOf([service("shop", list, of)])));
      const { types } = views.viewOf(node(client)).value;
      const kind = clientKind(client);
      const bytes = (type: keyof typeof RESOURCE_TYPES) =>
        [...(types.get(RESOURCE_TYPES[type])?.resources.values() ?? [])].map(({ value }) => value);
      for (const each of bytes("cluster"))
        expect(refusalOf("cluster", decode("envoy.config.cluster.v3.Cluster", each), kind)).toBeUndefined();
      for (const each of bytes("assignment"))
        expect(refusalOf("assignment", decode("envoy.config.endpoint.v3.ClusterLoadAssignment", each), kind)).toBeUndefined();
      for (const each of bytes("routeConfiguration"))
        expect(refusalOf("routeConfiguration", decode("envoy.config.route.v3.RouteConfiguration", each), kind)).toBeUndefined();
      expect([bytes("cluster").length, bytes("assignment").length, bytes("routeConfiguration").length]).toEqual(
        of.protocol === "tcp" && client.startsWith("gRPC") ? [0, 0, 0] : [1, 1, 1],
      );
      expect(views.refused).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

describe("a resource that would be refused", () => {
  const withPriorities = (count: number) =>
    snapshotOf([
      service(
        "shop",
        Array.from({ length: count }, (_, priority) => ({ port: priority + 1, priority })),
      ),
    ]);

  test("is withheld, the last good one stands in, it is said once, and it goes when the reason goes", () => {
    const log = new RecordedLog();
    const snapshot = new Cell(withPriorities(3));
    const views = new Views({ snapshot, log, metrics: newMetrics() });
    const view = views.viewOf(node("envoy"));
    const assignment = () => view.value.types.get(EDS)?.resources.get("shop");
    const good = assignment();
    snapshot.set(withPriorities(130));
    snapshot.set(withPriorities(131));
    snapshot.set(withPriorities(131));
    expect(assignment()).toBe(good);
    expect(views.refused).toMatchObject([{ service: "shop", type: "assignment", standsIn: true }]);
    expect(log.count("resource-refused")).toBe(2);
    snapshot.set(withPriorities(4));
    expect(assignment()).not.toBe(good);
    expect(views.refused).toEqual([]);
  });

  test("with no good one before it is unavailable, with the reason", () => {
    const { value } = viewsOf(new Cell(withPriorities(130))).viewOf(node("gRPC Go"));
    expect(value.types.get(EDS)?.resources.has("shop")).toBe(false);
    expect(value.absence(EDS, "shop")).toMatchObject({ kind: "unavailable", reason: expect.stringContaining("priority 129") as string });
  });
});

describe("subsets", () => {
  const shop = (count: number, size?: number) =>
    snapshotOf([
      service(
        "shop",
        Array.from({ length: count }, (_, at) => ({ port: at + 1 })),
        settingsWith(size === undefined ? {} : { subset: { size } }),
      ),
    ]);
  const count = (sets: ReturnType<Views["viewOf"]>) =>
    decode(
      "envoy.config.endpoint.v3.ClusterLoadAssignment",
      sets.value.types.get(EDS)?.resources.get("shop")?.value ?? Buffer.alloc(0),
    ).endpoints.flatMap(({ lb_endpoints }) => lb_endpoints).length;

  test("begin and end with the setting, for streams that are open, and share the rest of the view", () => {
    const snapshot = new Cell(shop(40));
    const views = viewsOf(snapshot);
    const [one, other] = ["web-1", "web-2"].map((id) => views.viewOf(node("fairlead", {}, id)));
    if (one === undefined || other === undefined) throw new Error("no view");
    expect(one.value).toBe(other.value);
    snapshot.set(shop(40, 10));
    expect([count(one), count(other)]).toEqual([10, 10]);
    expect(one.value.types.get(EDS)?.resources.get("shop")).not.toBe(other.value.types.get(EDS)?.resources.get("shop"));
    expect(one.value.types.get(RESOURCE_TYPES.cluster)).toBe(other.value.types.get(RESOURCE_TYPES.cluster));
    snapshot.set(shop(9, 10));
    expect([count(one), one.value]).toEqual([9, other.value]);
  });
});
