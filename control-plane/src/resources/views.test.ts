import { decode, encode, RESOURCE_TYPES, structTo } from "@fairlead/proto";
import { Cell, type ServiceName } from "@fairlead/shared";
import { describe, expect, test } from "vitest";
import { serviceSnapshot } from "../snapshot/build.js";
import type { ServiceSnapshot, Snapshot } from "../snapshot/index.js";
import type { XdsNode } from "../xds/index.js";
import { callable } from "./callable.js";
import { grpcLocalities } from "./grpc-localities.js";
import { entries, type Member, node, service, snapshotOf } from "./testing/services.js";
import { viewsOf } from "./testing/views.js";
import type { Views } from "./views.js";

const shop = service("shop", [{ port: 1 }, { port: 2, health: "unhealthy" }, { port: 3, health: "draining", weight: 0 }]);

function names(views: Views, client: XdsNode, type: keyof typeof RESOURCE_TYPES): string[] {
  return [...(views.viewOf(client).value.types.get(RESOURCE_TYPES[type])?.resources.keys() ?? [])];
}

function assignmentFor(views: Views, client: XdsNode, name: string) {
  const bytes = views.viewOf(client).value.types.get(RESOURCE_TYPES.assignment)?.resources.get(name)?.value;
  return decode("envoy.config.endpoint.v3.ClusterLoadAssignment", bytes ?? Buffer.alloc(0));
}

test("a confirmed collapse travels beside the assignment, and is part of its version", () => {
  const resourceOf = (of: ServiceSnapshot) =>
    viewsOf(new Cell(snapshotOf([of])))
      .viewOf(node("fairlead"))
      .value.types.get(RESOURCE_TYPES.assignment)
      ?.resources.get("shop");
  const plain = service("shop", [{ port: 1 }]);
  const confirmed = serviceSnapshot({ ...plain, confirmed: { sinceMs: 7, because: "ops: moved", before: 9 } }, plain);
  expect(confirmed.version).not.toBe(plain.version);
  expect(resourceOf(plain)?.metadata).toBeUndefined();
  expect(resourceOf(confirmed)?.metadata).toEqual({ fairlead: { confirmed: true } });
  const elsewhere = serviceSnapshot({ ...plain, confirmed: { sinceMs: 9, because: "its clock ran out", before: 8 } }, plain);
  expect(elsewhere.version).toBe(confirmed.version);
  expect(resourceOf(elsewhere)?.version).toBe(resourceOf(confirmed)?.version);
  expect(resourceOf(confirmed)?.version).not.toBe(resourceOf(plain)?.version);
  expect(resourceOf(confirmed)?.value).toEqual(resourceOf(plain)?.value);
});

describe("an endpoint that has not its whole share", () => {
  const ramp = { startMs: 1_000, ms: 10_000, step: 0.25 as const };
  const told = (members: readonly Member[], client: string) =>
    assignmentFor(viewsOf(new Cell(snapshotOf([service("shop", members)]))), node(client), "shop").endpoints;
  const weights = (members: readonly Member[], client: string) =>
    told(members, client).flatMap(({ lb_endpoints }) => lb_endpoints.map(({ load_balancing_weight }) => load_balancing_weight?.value));

  test("that is doubted weighs less for every kind", () => {
    const members = [{ port: 1 }, { port: 2, share: 0.25 }];
    expect(weights(members, "envoy")).toEqual([100, 25]);
    expect(weights(members, "fairlead")).toEqual([100, 25]);
    expect(told(members, "gRPC Go").map(({ load_balancing_weight }) => load_balancing_weight?.value)).toEqual([25, 100]);
    expect(weights([{ port: 1, weight: 1, share: 0.05 }], "envoy")).toEqual([1]);
  });

  test("that ramps: who can count for himself hears when it began, a gRPC client its steps", () => {
    const members = [{ port: 1 }, { port: 2, ramp }];
    expect(weights(members, "fairlead")).toEqual([100, 100]);
    const metadata = told(members, "fairlead").flatMap(({ lb_endpoints }) =>
      lb_endpoints.map(({ metadata: all }) => all?.filter_metadata["fairlead"]),
    );
    expect(metadata.map((own) => own && structTo(own))).toEqual([undefined, { ramp_start_ms: 1_000, ramp_ms: 10_000 }]);
    expect(told(members, "gRPC Go").map(({ load_balancing_weight }) => load_balancing_weight?.value)).toEqual([25, 100]);
    expect(
      told(members, "gRPC Go").some(({ lb_endpoints }) => lb_endpoints.some(({ metadata: all }) => all !== null && all !== undefined)),
    ).toBe(false);
  });

  test("and goes a step on: only gRPC clients are sent something", () => {
    const versionFor = (step: 0.25 | 0.5, client: string) =>
      viewsOf(new Cell(snapshotOf([service("shop", [{ port: 1 }, { port: 2, ramp: { ...ramp, step } }])])))
        .viewOf(node(client))
        .value.types.get(RESOURCE_TYPES.assignment)
        ?.resources.get("shop")?.version;
    expect(versionFor(0.5, "fairlead")).toBe(versionFor(0.25, "fairlead"));
    expect(versionFor(0.5, "envoy")).toBe(versionFor(0.25, "envoy"));
    expect(versionFor(0.5, "gRPC Go")).not.toBe(versionFor(0.25, "gRPC Go"));
  });
});

describe("one model, rendered for each kind of client", () => {
  const views = viewsOf(new Cell(snapshotOf([shop])));

  test("a gRPC client gets an api_listener named like the service, Envoy one on the local port, a sidecar none", () => {
    expect(names(views, node("gRPC Go"), "listener")).toEqual(["shop"]);
    expect(names(views, node("envoy"), "listener")).toEqual(["outbound:shop"]);
    expect(names(views, node("fairlead"), "listener")).toEqual([]);
    for (const type of ["cluster", "assignment", "routeConfiguration"] as const)
      expect(names(views, node("fairlead"), type)).toEqual(["shop"]);
  });

  test("Envoy and our sidecars are told health and weights, gRPC clients only whom to call", () => {
    const told = (client: string) =>
      assignmentFor(views, node(client), "shop").endpoints.flatMap(({ lb_endpoints }) =>
        lb_endpoints.map(({ endpoint, health_status }) => `${endpoint?.address?.socket_address?.port_value} ${health_status}`),
      );
    expect(told("envoy")).toEqual(["1 HEALTHY", "2 UNHEALTHY", "3 DRAINING"]);
    expect(told("fairlead")).toEqual(told("envoy"));
    expect(told("gRPC Node Pure JS")).toEqual(["1 HEALTHY"]);
  });

  const clusterFor = (agent: string) => {
    const bytes = views.viewOf(node(agent)).value.types.get(RESOURCE_TYPES.cluster)?.resources.get("shop")?.value;
    return decode("envoy.config.cluster.v3.Cluster", bytes ?? Buffer.alloc(0));
  };

  test("nothing that some gRPC client refuses is in their view", () => {
    for (const { locality, load_balancing_weight, lb_endpoints } of assignmentFor(views, node("gRPC Java"), "shop").endpoints) {
      expect(locality).not.toBeNull();
      expect(load_balancing_weight?.value).toBeGreaterThanOrEqual(1);
      expect(lb_endpoints.every(({ health_status }) => health_status === "HEALTHY")).toBe(true);
    }
    expect(clusterFor("gRPC C-core").lb_policy).toBe("ROUND_ROBIN");
  });

  test("gRPC clients are told to report their load here, the others by their own configuration", () => {
    expect(clusterFor("gRPC C-core").lrs_server?.self).toBeTruthy();
    for (const agent of ["envoy", "fairlead"]) expect(clusterFor(agent).lrs_server).toBeNull();
  });

  test("clients served the same share one view", () => {
    expect(views.viewOf(node("gRPC Go"))).toBe(views.viewOf(node("gRPC Go")));
    expect(views.viewOf(node("curl"))).toBe(views.viewOf(node("somebody unknown")));
    expect(views.viewOf(node("envoy"))).not.toBe(views.viewOf(node("gRPC Go")));
  });
});

describe("priorities", () => {
  const told = (client: string, members: readonly Member[]) =>
    assignmentFor(viewsOf(new Cell(snapshotOf([service("shop", members)]))), node(client), "shop").endpoints.map(
      ({ priority, locality, lb_endpoints }) => [priority, locality?.sub_zone, lb_endpoints.length],
    );

  test("are numbered from 0 without holes, whatever the source calls them", () => {
    const members = [
      { port: 1, priority: 20 },
      { port: 2, priority: 10 },
      { port: 3, priority: 10 },
    ];
    expect(told("envoy", members)).toEqual([
      [0, "", 2],
      [1, "", 1],
    ]);
    expect(told("gRPC Go", members)).toEqual([
      [0, "w100", 2],
      [1, "w100-p1", 1],
    ]);
  });

  test("leave no hole for a gRPC client when nobody of the first is left", () => {
    const reserve = { port: 3, priority: 1 };
    expect(told("gRPC Java", [{ port: 1, health: "unhealthy" }, { port: 2, health: "unhealthy" }, reserve])).toEqual([[0, "w100", 1]]);
  });

  test("that are all unhealthy are all sent to a gRPC client", () => {
    expect(
      told("gRPC Java", [
        { port: 1, health: "unhealthy" },
        { port: 2, health: "unhealthy", priority: 1 },
      ]),
    ).toHaveLength(2);
  });
});

describe("whom a gRPC client is told to call", () => {
  const ports = (members: readonly Member[]) => callable(entries(members)).map(({ endpoint }) => endpoint.port);

  test("unhealthy ones are left out while at least half stay, else all are sent", () => {
    expect(ports([{ port: 1 }, { port: 2, health: "unhealthy" }])).toEqual([1]);
    expect(ports([{ port: 1 }, { port: 2, health: "unhealthy" }, { port: 3, health: "unhealthy" }])).toEqual([1, 2, 3]);
  });

  test("draining ones are left out while anybody else is there", () => {
    expect(
      ports([
        { port: 1, health: "draining" },
        { port: 2, health: "unhealthy" },
      ]),
    ).toEqual([2]);
    expect(ports([{ port: 1, health: "draining" }])).toEqual([1]);
  });

  test("weights become localities: the sum of the members, never more than eight per zone", () => {
    const list = grpcLocalities(entries([{ port: 1 }, { port: 2 }, { port: 3, weight: 10 }]));
    expect(list.map(({ subZone, weight }) => [subZone, weight])).toEqual([
      ["w10", 10],
      ["w100", 200],
    ]);
    const many = grpcLocalities(entries(Array.from({ length: 50 }, (_, index) => ({ port: index + 1, weight: index + 1 }))));
    expect(many).toHaveLength(8);
    expect(many.flatMap(({ members }) => members)).toHaveLength(50);
  });
});

describe("a change costs what changed", () => {
  test.each(["envoy", "fairlead", "grpc-node"])(
    "an assignment put together from its parts is the message encoded whole, for %s",
    (client) => {
      const members = Array.from({ length: 40 }, (_, index) => ({
        port: index + 1,
        weight: [100, 1, 50, 300][index % 4] ?? 0,
        zone: ["", "a", "b"][index % 3] ?? "",
        priority: index % 5 === 0 ? 1 : 0,
        health: (["healthy", "healthy", "unhealthy", "draining"] as const)[index % 4] ?? "healthy",
      }));
      const views = viewsOf(new Cell(snapshotOf([service("shop", members), service("none", [])])));
      for (const name of ["shop", "none"]) {
        const bytes = views.viewOf(node(client)).value.types.get(RESOURCE_TYPES.assignment)?.resources.get(name)?.value;
        expect(encode("envoy.config.endpoint.v3.ClusterLoadAssignment", assignmentFor(views, node(client), name))).toEqual(bytes);
      }
    },
  );

  test("an unchanged service keeps its resources, an unchanged type its set and version", () => {
    const cart = service("cart", [{ port: 9 }]);
    const cell = new Cell(snapshotOf([shop, cart]));
    const view = viewsOf(cell).viewOf(node("envoy"));
    const before = view.value;
    cell.set(snapshotOf([shop, service("cart", [{ port: 9 }, { port: 10 }])]));
    const after = view.value;
    const of = (sets: typeof before, type: keyof typeof RESOURCE_TYPES) => sets.types.get(RESOURCE_TYPES[type]);
    expect(of(after, "cluster")).toBe(of(before, "cluster"));
    expect(of(after, "assignment")?.resources.get("shop")).toBe(of(before, "assignment")?.resources.get("shop"));
    expect(of(after, "assignment")?.resources.get("cart")).not.toBe(of(before, "assignment")?.resources.get("cart"));
    expect(of(after, "assignment")?.version).not.toBe(of(before, "assignment")?.version);
  });

  test("equal content has equal versions in another process", () => {
    const versions = [1, 2].map(
      () =>
        viewsOf(new Cell(snapshotOf([service("shop", [{ port: 1 }])])))
          .viewOf(node("envoy"))
          .value.types.get(RESOURCE_TYPES.assignment)?.version,
    );
    expect(versions[0]).toBe(versions[1]);
  });
});

test("wildcards are limited to the upstreams a node names", () => {
  const views = viewsOf(new Cell(snapshotOf([shop, service("cart", [{ port: 9 }])])));
  expect(names(views, node("envoy", { "fairlead.upstreams": ["cart"] }), "cluster")).toEqual(["cart"]);
});

describe("why a name is missing", () => {
  const absence = (snapshot: Snapshot, name: string) =>
    viewsOf(new Cell(snapshot)).viewOf(node("envoy")).value.absence(RESOURCE_TYPES.cluster, name);

  test("an unknown name is not found only once everything is known, with the nearest name", () => {
    expect(absence(snapshotOf([shop]), "shpo")).toEqual({ kind: "not-found", reason: "no such service: shpo; did you mean shop?" });
    expect(absence(snapshotOf([shop], { complete: { kind: "waiting", sources: ["zk"] } }), "cart")).toMatchObject({
      kind: "unavailable",
      reason: "waiting for zk",
    });
  });

  test("a withheld service is unavailable, since when and why", () => {
    const withheld = new Map([["cart" as ServiceName, { reason: "waiting for zk", sinceMs: 7 }]]);
    expect(absence(snapshotOf([shop], { withheld }), "cart")).toEqual({ kind: "unavailable", reason: "waiting for zk", sinceMs: 7 });
  });
});

test("names alike are looked for only when somebody is told why a name is absent", () => {
  let looked = 0;
  class CountedServices extends Map<ServiceName, ServiceSnapshot> {
    override keys() {
      looked++;
      return super.keys();
    }
  }
  const services = new CountedServices([[shop.name, shop]]);
  const views = viewsOf(new Cell(snapshotOf([], { services })));
  looked = 0;
  const absence = views.viewOf(node("fairlead")).value.absence(RESOURCE_TYPES.cluster, "shpo");
  expect([absence.kind, looked]).toEqual(["not-found", 0]);
  expect(absence.reason).toBe("no such service: shpo; did you mean shop?");
});
