import {
  type DeltaDiscoveryRequest,
  type DeltaDiscoveryResponse,
  type DeltaDiscoveryResponse__Output,
  decode,
  encode,
  RESOURCE_TYPES,
} from "@fairlead/proto";
import { newMetrics } from "@fairlead/shared";
import { FakeClock, RecordedLog } from "@fairlead/shared/testing";
import { describe, expect, test } from "vitest";
import { ClientProtocol } from "./client-protocol.js";
import type { RawResource } from "./decode.js";
import { readinessOf } from "./readiness.js";
import {
  assignmentMessage,
  assignmentResource,
  clusterMessage,
  clusterResource,
  endpointMessage,
  routeMessage,
  routeResource,
} from "./testing/resources.js";

const { cluster: CDS, assignment: EDS, routeConfiguration: RDS } = RESOURCE_TYPES;

function setUp(upstreams: readonly string[] = ["shop", "cart"]) {
  const clock = new FakeClock();
  const log = new RecordedLog();
  const node = { id: "web-7", cluster: "web", zone: "a" };
  const requests = new Map<string, number>();
  const requestsTo = (service: string) => requests.get(service) ?? 0;
  const protocol = new ClientProtocol({ node, version: "0.1.0", upstreams, requestsTo, clock, log, metrics: newMetrics() });
  return { protocol, clock, log, requests };
}

/** A response as it would come out of the codec. */
function response(typeUrl: string, nonce: string, change: Partial<DeltaDiscoveryResponse> = {}): DeltaDiscoveryResponse__Output {
  const name = "envoy.service.discovery.v3.DeltaDiscoveryResponse";
  return decode(name, encode(name, { type_url: typeUrl, nonce, ...change }));
}

function withResources(nonce: string, ...resources: readonly [RawResource, ...RawResource[]]): DeltaDiscoveryResponse__Output {
  const typeUrl = resources[0].typeUrl;
  return response(typeUrl, nonce, {
    resources: resources.map(({ name, version, value }) => ({ name, version, resource: { type_url: typeUrl, value } })),
  });
}

const shop = clusterResource(clusterMessage("shop"), "c1");
const cart = clusterResource(clusterMessage("cart"), "c2");
const badCart = clusterResource(clusterMessage("cart", { lb_policy: "CLUSTER_PROVIDED" }), "c3");
const shopEndpoints = assignmentResource(assignmentMessage("shop", [endpointMessage("10.0.0.1", 80)]), "e1");

/** What a NACK says per resource. */
function refusedBy(request: DeltaDiscoveryRequest): Record<string, string> {
  const details = (request.error_detail?.details ?? []).map((any) => {
    expect(any.type_url).toBe("type.googleapis.com/envoy.service.discovery.v3.ResourceError");
    const error = decode("envoy.service.discovery.v3.ResourceError", any.value ?? Buffer.of());
    return [error.resource_name?.name ?? "", error.error_detail?.message ?? ""] as const;
  });
  return Object.fromEntries(details);
}

describe("the first messages of a stream", () => {
  test("subscribe by name, clusters first, with the node in the first message only", () => {
    const { protocol } = setUp();
    const [first, ...others] = protocol.open();
    expect(first).toEqual({
      node: { id: "web-7", cluster: "web", locality: { zone: "a" }, user_agent_name: "fairlead", user_agent_version: "0.1.0" },
      type_url: CDS,
      resource_names_subscribe: ["shop", "cart"],
      initial_resource_versions: {},
    });
    expect(others.map((request) => [request.type_url, request.node])).toEqual([
      [EDS, undefined],
      [RDS, undefined],
    ]);
  });

  test("are none without upstreams, because no name at all would mean every name", () => {
    expect(setUp([]).protocol.open()).toEqual([]);
  });

  test("of a second stream name the versions held, so that nothing needs to be sent again", () => {
    const { protocol } = setUp();
    protocol.open();
    protocol.receive(withResources("1", shop, cart));
    protocol.receive(withResources("2", shopEndpoints));
    const before = protocol.applied.value;
    const again = protocol.open();
    expect(again.map((request) => request.initial_resource_versions)).toEqual([{ shop: "c1", cart: "c2" }, { shop: "e1" }, {}]);
    expect(again[0]?.node).toBeDefined();
    expect(again.every((request) => request.response_nonce === undefined)).toBe(true);
    expect(protocol.applied.value).toBe(before);
  });

  test("name the last good version of a resource whose newer one was refused", () => {
    const { protocol } = setUp();
    protocol.receive(withResources("1", cart));
    protocol.receive(withResources("2", badCart));
    expect(protocol.open()[0]?.initial_resource_versions).toEqual({ cart: "c2" });
  });
});

describe("a response", () => {
  test("whose resources all decode is in force and acknowledged with its nonce", () => {
    const { protocol } = setUp();
    expect(protocol.receive(withResources("n-1", shop))).toEqual({ type_url: CDS, response_nonce: "n-1" });
    expect(protocol.applied.value.clusters.get("shop")).toMatchObject({ name: "shop", version: "c1" });
  });

  test("with a bad resource among good ones applies the good and names the bad with its reason", () => {
    const { protocol, log } = setUp();
    protocol.receive(withResources("1", cart));
    const answer = protocol.receive(withResources("2", badCart, shop));
    expect(answer).toMatchObject({ type_url: CDS, response_nonce: "2", error_detail: { code: 3 } });
    expect(answer.error_detail?.message).toContain(
      'cart: lb_policy is "CLUSTER_PROVIDED", expected ROUND_ROBIN, LEAST_REQUEST, RANDOM, RING_HASH, MAGLEV',
    );
    expect(refusedBy(answer)).toEqual({
      cart: 'lb_policy is "CLUSTER_PROVIDED", expected ROUND_ROBIN, LEAST_REQUEST, RANDOM, RING_HASH, MAGLEV',
    });
    expect(protocol.applied.value.clusters.get("shop")?.version).toBe("c1");
    expect(protocol.applied.value.clusters.get("cart")?.version).toBe("c2");
    expect(protocol.state.value.issues).toMatchObject([{ kind: "refused", name: "cart", version: "c3" }]);
    expect(log.count("xds-resource-refused")).toBe(1);
  });

  test("that repeats a refused version is refused again but told once, and a good version ends the issue", () => {
    const { protocol, log } = setUp();
    protocol.receive(withResources("1", badCart));
    expect(protocol.receive(withResources("2", badCart)).error_detail).toBeDefined();
    expect(log.count("xds-resource-refused")).toBe(1);
    protocol.receive(withResources("3", cart));
    expect(protocol.state.value.issues).toEqual([]);
  });

  test("with bytes that are no message is refused, not thrown", () => {
    const { protocol } = setUp();
    const answer = protocol.receive(withResources("1", { ...shop, value: Buffer.from("ffffffff", "hex") }));
    expect(refusedBy(answer)["shop"]).toContain("not a message of its type");
  });

  test("with another type inside than it says is refused", () => {
    const { protocol } = setUp();
    const answer = protocol.receive(response(CDS, "1", { resources: [{ name: "shop", resource: { type_url: EDS, value: shop.value } }] }));
    expect(refusedBy(answer)["shop"]).toContain(EDS);
  });

  test("with one resource twice refuses that one, once, and applies the rest", () => {
    const { protocol } = setUp();
    const answer = protocol.receive(withResources("1", shop, cart, shop));
    expect(refusedBy(answer)).toEqual({ shop: "it is in the response more than once" });
    expect(answer.error_detail?.details).toHaveLength(1);
    expect([...protocol.applied.value.clusters.keys()]).toEqual(["cart"]);
  });

  test("with what was not asked for is acknowledged and nothing of it kept", () => {
    const { protocol } = setUp(["cart"]);
    expect(protocol.receive(withResources("1", shop)).error_detail).toBeUndefined();
    expect(protocol.state.value.held).toEqual([]);
  });

  test("of a type that was not asked for is refused as a whole", () => {
    const answer = setUp().protocol.receive(response(RESOURCE_TYPES.listener, "1"));
    expect(answer).toMatchObject({ type_url: RESOURCE_TYPES.listener, response_nonce: "1", error_detail: { code: 3 } });
  });

  test("with a resource without body leaves what is held as it is", () => {
    const { protocol } = setUp();
    protocol.receive(withResources("1", shop));
    expect(protocol.receive(response(CDS, "2", { resources: [{ name: "shop", version: "c1" }] })).error_detail).toBeUndefined();
    expect(protocol.applied.value.clusters.has("shop")).toBe(true);
  });

  test("with a heartbeat of anything is acknowledged, and a time to live takes nothing out of force when it runs out (invariant 1)", () => {
    const { protocol, clock } = setUp();
    const ttl = { seconds: 10 };
    const body = { type_url: CDS, value: shop.value };
    protocol.receive(response(CDS, "1", { resources: [{ name: "shop", version: "c1", resource: body, ttl }] }));
    const applied = protocol.applied.value;
    for (const [nonce, version] of ["c1", "c0"].entries()) {
      const heartbeat = response(CDS, `h${nonce}`, { resources: [{ name: "shop", version, ttl }] });
      expect(protocol.receive(heartbeat)).toEqual({ type_url: CDS, response_nonce: `h${nonce}` });
    }
    clock.advance(3_600_000);
    expect(protocol.applied.value).toBe(applied);
    expect(protocol.open().find((each) => each.type_url === CDS)?.initial_resource_versions).toEqual({ shop: "c1" });
  });

  test("takes a name from resource_name where name is empty", () => {
    const { protocol } = setUp();
    const resource = { resource_name: { name: "shop" }, version: "c1", resource: { type_url: CDS, value: shop.value } };
    protocol.receive(response(CDS, "1", { resources: [resource] }));
    expect(protocol.applied.value.clusters.has("shop")).toBe(true);
  });

  test("that repeats what is in force changes no reference", () => {
    const { protocol } = setUp();
    protocol.receive(withResources("1", shop));
    const before = protocol.applied.value;
    protocol.receive(withResources("2", shop));
    expect(protocol.applied.value).toBe(before);
  });

  test("that changes one resource keeps the reference of the others", () => {
    const { protocol } = setUp();
    protocol.receive(withResources("1", shop, cart));
    const before = protocol.applied.value.clusters.get("shop");
    protocol.receive(withResources("2", clusterResource(clusterMessage("cart", { lb_policy: "LEAST_REQUEST" }), "c9")));
    expect(protocol.applied.value.clusters.get("shop")).toBe(before);
    expect(protocol.applied.value.clusters.get("cart")?.picking.policy).toBe("least-request");
  });

  test("with an empty assignment is acknowledged: a complete answer may be empty", () => {
    const { protocol } = setUp();
    protocol.receive(withResources("1", shopEndpoints));
    const empty = assignmentResource({ cluster_name: "shop" }, "e2");
    expect(protocol.receive(withResources("2", empty)).error_detail).toBeUndefined();
    expect(protocol.applied.value.assignments.get("shop")?.endpoints).toEqual([]);
  });

  test("with the mark of a confirmed collapse beside an assignment gives it on, and none without", () => {
    const { protocol } = setUp();
    const sent = (
      nonce: string,
      version: string,
      metadata?: { filter_metadata: Record<string, { fields: Record<string, { bool_value: boolean }> }> },
    ) =>
      protocol.receive(
        response(EDS, nonce, {
          resources: [{ name: "shop", version, resource: { type_url: EDS, value: shopEndpoints.value }, ...(metadata && { metadata }) }],
        }),
      );
    const confirmed = () => protocol.applied.value.assignments.get("shop")?.confirmed;
    protocol.receive(withResources("1", shop));
    sent("2", "e1", { filter_metadata: { fairlead: { fields: { confirmed: { bool_value: true } } } } });
    expect(confirmed()).toBe(true);
    sent("3", "e2", { filter_metadata: { fairlead: { fields: { confirmed: { bool_value: false } } } } });
    expect(confirmed()).toBe(false);
    sent("4", "e3", { filter_metadata: { other: { fields: { confirmed: { bool_value: true } } } } });
    expect(confirmed()).toBe(false);
    sent("5", "e4");
    expect(confirmed()).toBe(false);
  });

  test("shows its position", () => {
    const { protocol } = setUp();
    protocol.receive(response(CDS, "1", { system_version_info: "line/3/7" }));
    protocol.receive(response(EDS, "2"));
    expect(protocol.state.value.position).toBe("line/3/7");
  });

  test("with an error for a name shows it and keeps what is held", () => {
    const { protocol } = setUp();
    protocol.receive(withResources("1", shop));
    const error = { resource_name: { name: "shop" }, error_detail: { code: 14, message: "zookeeper is away" } };
    protocol.receive(response(CDS, "2", { resource_errors: [error] }));
    expect(protocol.state.value.issues).toMatchObject([{ kind: "server-error", name: "shop", code: 14, reason: "zookeeper is away" }]);
    expect(protocol.applied.value.clusters.has("shop")).toBe(true);
  });
});

describe("a removal", () => {
  /** `shop` in force, then removed with its assignment, as a control plane does that has lost its list. */
  function removed() {
    const it = setUp();
    it.protocol.receive(withResources("1", shop, cart));
    it.protocol.receive(withResources("2", shopEndpoints));
    it.protocol.receive(response(EDS, "3", { removed_resources: ["shop"] }));
    it.protocol.receive(response(CDS, "4", { removed_resources: ["shop"] }));
    return it;
  }

  test("takes nothing out of force, is logged and shown, and asks for the resource anew", () => {
    const { protocol, log } = removed();
    expect([...protocol.applied.value.clusters.keys()]).toEqual(["shop", "cart"]);
    expect(protocol.applied.value.assignments.get("shop")?.endpoints).toHaveLength(1);
    expect(log.count("xds-resource-removed")).toBe(2);
    expect(protocol.state.value.issues.map(({ kind }) => kind)).toEqual(["removed", "removed"]);
    expect(protocol.open()[0]?.initial_resource_versions).toEqual({ cart: "c2" });
    expect(protocol.open()[1]?.initial_resource_versions).toEqual({});
  });

  test("outlives every ten minutes in which the service was called, and no longer", () => {
    const { protocol, clock, requests } = removed();
    for (let count = 1; count <= 3; count++) {
      requests.set("shop", count);
      clock.advance(600_000);
      expect(protocol.applied.value.clusters.has("shop")).toBe(true);
    }
    clock.advance(600_000);
    expect([...protocol.applied.value.clusters.keys()]).toEqual(["cart"]);
    expect(protocol.applied.value.assignments.has("shop")).toBe(false);
    expect(clock.pendingCount).toBe(0);
  });

  test("is ended by an empty set from the control plane, at once", () => {
    const { protocol } = removed();
    protocol.receive(withResources("5", assignmentResource(assignmentMessage("shop", []), "e2")));
    expect(protocol.applied.value.assignments.get("shop")?.endpoints).toEqual([]);
  });

  test("leaves no timer behind once the cluster is back, or the protocol is closed", () => {
    const back = removed();
    back.protocol.receive(withResources("5", shop));
    expect(back.clock.pendingCount).toBe(0);
    const closed = removed();
    closed.protocol.close();
    expect(closed.clock.pendingCount).toBe(0);
  });

  test("of an assignment counts at once when the cluster is already gone", () => {
    const { protocol } = setUp();
    protocol.receive(withResources("1", shopEndpoints));
    protocol.receive(response(EDS, "2", { removed_resources: ["shop"] }));
    expect(protocol.applied.value.assignments.has("shop")).toBe(false);
  });

  test("is undone by the resource coming back, the same version included", () => {
    const { protocol } = setUp();
    protocol.receive(withResources("1", shop));
    protocol.receive(withResources("2", shopEndpoints));
    protocol.receive(response(EDS, "3", { removed_resources: ["shop"] }));
    protocol.receive(withResources("4", shopEndpoints));
    protocol.receive(response(CDS, "5", { removed_resources: ["shop"] }));
    expect(protocol.applied.value.assignments.has("shop")).toBe(true);
  });

  test("of a name that never was says that there is no such thing", () => {
    const { protocol } = setUp();
    protocol.receive(response(CDS, "1", { removed_resources: ["cart"] }));
    expect(protocol.state.value.issues).toMatchObject([
      { kind: "removed", name: "cart", reason: "the control plane has no such resource" },
    ]);
  });
});

describe("what was read from disk", () => {
  const savedAtMs = 5_000;

  test("is in force before any stream and named in the first messages", () => {
    const { protocol } = setUp();
    const route = routeResource(routeMessage("shop"), "r1");
    expect(protocol.restore({ resources: [shop, shopEndpoints, route], position: "p", savedAtMs })).toEqual([]);
    expect(protocol.applied.value.routes.get("shop")?.version).toBe("r1");
    expect(protocol.open().map((request) => request.initial_resource_versions)).toEqual([{ shop: "c1" }, { shop: "e1" }, { shop: "r1" }]);
    expect(protocol.state.value.heard).toBe(false);
  });

  test("is dropped with its reason where it does not decode any more, the rest is kept", () => {
    const { protocol } = setUp();
    const dropped = protocol.restore({ resources: [badCart, shop], position: "", savedAtMs });
    expect(dropped).toMatchObject([{ name: "cart" }]);
    expect(dropped[0]?.reason).toContain("CLUSTER_PROVIDED");
    expect([...protocol.applied.value.clusters.keys()]).toEqual(["shop"]);
  });

  test("of services that are not upstreams any more is not taken", () => {
    const { protocol } = setUp(["cart"]);
    expect(protocol.restore({ resources: [shop], position: "", savedAtMs })).toEqual([]);
    expect(protocol.state.value.held).toEqual([]);
  });

  test("of a type this sidecar does not know is dropped", () => {
    const { protocol } = setUp();
    const listener = { ...shop, typeUrl: RESOURCE_TYPES.listener };
    expect(protocol.restore({ resources: [listener], position: "", savedAtMs })).toMatchObject([{ name: "shop" }]);
  });

  test("makes an upstream ready as of the save, and live once the stream brings it", () => {
    const { protocol, clock } = setUp();
    protocol.restore({ resources: [shop, shopEndpoints], position: "", savedAtMs });
    const disk = { kind: "disk", atMs: savedAtMs };
    expect(readinessOf(["shop", "cart"], protocol.state.value.held)).toEqual([
      { service: "shop", kind: "ready", cluster: disk, assignment: disk },
      { service: "cart", kind: "waiting", missing: ["cluster", "assignment"] },
    ]);
    protocol.receive(withResources("1", shop));
    expect(readinessOf(["shop"], protocol.state.value.held)).toMatchObject([
      { cluster: { kind: "live", atMs: clock.wallMs() }, assignment: disk },
    ]);
  });
});

test("a held resource does not keep the response it came in", () => {
  const { protocol } = setUp();
  protocol.receive(withResources("1", shop, { ...shop, name: "big", value: Buffer.alloc(100_000) }));
  const held = protocol.state.value.held.find((resource) => resource.name === "shop");
  expect(held?.value.equals(shop.value)).toBe(true);
  // A small Buffer may share Node's 8 KiB pool, never the response's memory.
  expect(held?.value.buffer.byteLength).toBeLessThanOrEqual(Buffer.poolSize);
});
