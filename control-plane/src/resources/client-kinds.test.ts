import { decode, RESOURCE_TYPES } from "@fairlead/proto";
import { Cell } from "@fairlead/shared";
import { describe, expect, test } from "vitest";
import type { LbPolicy, ServiceSettings } from "../config/index.js";
import { settingsWith } from "../snapshot/testing/settings.js";
import { clientKind } from "./client-kind.js";
import { compromisesOf } from "./compromise.js";
import { type Member, node, service, snapshotOf } from "./testing/services.js";
import { viewsOf } from "./testing/views.js";

const CLIENTS = ["envoy", "fairlead", "gRPC Go", "gRPC Java", "gRPC C-core linux Python", "gRPC Node Pure JS", "somebody"];
const HASH = { hashOn: { header: "x-user" } };

function bytesFor(
  client: string,
  type: keyof typeof RESOURCE_TYPES,
  over: Partial<ServiceSettings>,
  members: readonly Member[] = [{ port: 1 }],
) {
  const views = viewsOf(new Cell(snapshotOf([service("shop", members, settingsWith(over))])));
  return views.viewOf(node(client)).value.types.get(RESOURCE_TYPES[type])?.resources.get("shop")?.value ?? Buffer.alloc(0);
}
const clusterFor = (client: string, over: Partial<ServiceSettings>) =>
  decode("envoy.config.cluster.v3.Cluster", bytesFor(client, "cluster", over));

test("the kind is told by what user_agent_name begins with, and whoever is unknown has its own", () => {
  expect(CLIENTS.map(clientKind)).toEqual(["envoy", "fairlead", "grpc-go", "grpc-java", "grpc-c-core", "grpc-node", "other"]);
});

test.each<[LbPolicy, Record<string, string>]>([
  ["round-robin", { envoy: "ROUND_ROBIN", fairlead: "ROUND_ROBIN" }],
  ["least-request", { envoy: "LEAST_REQUEST", fairlead: "LEAST_REQUEST" }],
  ["random", { envoy: "RANDOM", fairlead: "RANDOM" }],
  ["peak-ewma", { envoy: "LEAST_REQUEST", fairlead: "LEAST_REQUEST" }],
  [
    "ring-hash",
    { envoy: "RING_HASH", fairlead: "RING_HASH", "gRPC Go": "RING_HASH", "gRPC Java": "RING_HASH", "gRPC Node Pure JS": "RING_HASH" },
  ],
  ["maglev", { envoy: "MAGLEV", fairlead: "MAGLEV", "gRPC Go": "RING_HASH", "gRPC Java": "RING_HASH", "gRPC Node Pure JS": "RING_HASH" }],
])("%s is what each takes, or the nearest, and ROUND_ROBIN for the rest", (policy, given) => {
  for (const client of CLIENTS) {
    const lb = policy === "ring-hash" || policy === "maglev" ? { policy, ...HASH } : { policy };
    expect([client, clusterFor(client, { lb }).lb_policy]).toEqual([client, given[client] ?? "ROUND_ROBIN"]);
  }
});

test.each(CLIENTS)("who hashes is told on what, and nobody else: %s", (client) => {
  const over = { lb: { policy: "ring-hash", ...HASH } } as const;
  const [host] = decode("envoy.config.route.v3.RouteConfiguration", bytesFor(client, "routeConfiguration", over)).virtual_hosts;
  const policies = host?.routes[0]?.route?.hash_policy.map(({ header }) => header?.header_name);
  expect(policies).toEqual(clusterFor(client, over).lb_policy === "RING_HASH" ? ["x-user"] : []);
});

test("slow start goes to Envoy as an extension beside the policy, and only where its policy has it", () => {
  const extension = (client: string, policy: "round-robin" | "least-request" | "random") => {
    const { load_balancing_policy } = clusterFor(client, { lb: { policy }, slowStartMs: 30_000 });
    return load_balancing_policy?.policies[0]?.typed_extension_config?.typed_config;
  };
  const name = "envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest" as const;
  const config = extension("envoy", "least-request");
  expect(config?.type_url).toContain(name);
  expect(decode(name, config?.value ?? Buffer.alloc(0)).slow_start_config?.slow_start_window).toEqual({ seconds: 30, nanos: 0 });
  expect(extension("envoy", "round-robin")?.type_url).toContain("RoundRobin");
  expect([extension("envoy", "random"), extension("gRPC Go", "round-robin")]).toEqual([undefined, undefined]);
  expect(extension("fairlead", "least-request")?.type_url).toContain(name);
});

test("a bound of load goes to whom hashes and takes it, a peak EWMA to our sidecars with what others know after it", () => {
  const lb = { policy: "maglev", ...HASH, balancePercent: 125 } as const;
  const bound = (client: string) => clusterFor(client, { lb }).common_lb_config?.consistent_hashing_lb_config?.hash_balance_factor?.value;
  expect(["envoy", "fairlead", "gRPC Go"].map(bound)).toEqual([125, 125, undefined]);
  const types = (client: string) =>
    clusterFor(client, { lb: { policy: "peak-ewma" } }).load_balancing_policy?.policies.map(
      (policy) => policy.typed_extension_config?.typed_config?.type_url.split(".").at(-1) ?? "",
    );
  expect([types("fairlead"), types("envoy")]).toEqual([["PeakEwma", "LeastRequest"], undefined]);
});

test.each([
  [{ cookie: "seat" }, { cookie: { name: "seat", ttl: null, path: "" } }],
  [{ cookie: "seat", ttlMs: 60_000 }, { cookie: { name: "seat", ttl: { seconds: 60, nanos: 0 }, path: "/" } }],
  [{ sourceAddress: true }, { connection_properties: { source_ip: true } }],
] as const)("what is hashed on is said in the schema's words: %j", (hashOn, policy) => {
  const bytes = bytesFor("fairlead", "routeConfiguration", { lb: { policy: "maglev", hashOn } });
  const [host] = decode("envoy.config.route.v3.RouteConfiguration", bytes).virtual_hosts;
  expect(host?.routes[0]?.route?.hash_policy).toMatchObject([policy]);
});

test("limits reach each client as far as it honours them", () => {
  const limits = { maxRequests: 7, maxConnections: 9 };
  const told = (client: string) => {
    const [of] = clusterFor(client, { limits }).circuit_breakers?.thresholds ?? [];
    return [of?.max_requests?.value, of?.max_connections?.value, of?.retry_budget?.budget_percent?.value];
  };
  expect(told("envoy")).toEqual([7, 9, 20]);
  expect(told("fairlead")).toEqual([7, undefined, 20]);
  expect(told("gRPC Java")).toEqual([7, undefined, undefined]);
  expect(clusterFor("gRPC Java", {}).circuit_breakers).toBeNull();
});

test("outlier settings go to Envoy and gRPC clients under their own names, and nothing where nothing is said", () => {
  const outlier = { intervalMs: 5_000, maxEjectionPercent: 30, consecutive5xx: 0, failurePercentageThreshold: 60 };
  for (const client of ["envoy", "gRPC Node Pure JS"])
    expect(clusterFor(client, { outlier }).outlier_detection).toMatchObject({
      interval: { seconds: 5 },
      base_ejection_time: null,
      max_ejection_percent: { value: 30 },
      enforcing_consecutive_5xx: { value: 0 },
      failure_percentage_threshold: { value: 60 },
      enforcing_failure_percentage: { value: 100 },
    });
  // grpc-js-xds ends its process where one of these is left out.
  expect(clusterFor("gRPC Node Pure JS", { outlier: { consecutive5xx: 3 } }).outlier_detection).toMatchObject({
    ...{ enforcing_success_rate: { value: 100 }, success_rate_stdev_factor: { value: 1_900 } },
    ...{ success_rate_minimum_hosts: { value: 5 }, success_rate_request_volume: { value: 100 } },
    ...{ failure_percentage_minimum_hosts: { value: 5 }, failure_percentage_request_volume: { value: 50 } },
  });
  expect(clusterFor("fairlead", { outlier }).outlier_detection).toMatchObject({
    max_ejection_percent: { value: 30 },
    enforcing_consecutive_5xx: { value: 0 },
  });
  expect(clusterFor("envoy", {}).outlier_detection).toBeNull();
});

test("a gRPC client that hashes gets endpoint weights under localities of weight 1, since it multiplies them", () => {
  const members = [
    { port: 1, weight: 10 },
    { port: 2, weight: 90 },
    { port: 3, zone: "b" },
  ];
  const bytes = bytesFor("gRPC Go", "assignment", { lb: { policy: "maglev", ...HASH } }, members);
  const { endpoints } = decode("envoy.config.endpoint.v3.ClusterLoadAssignment", bytes);
  const told = endpoints.map(({ locality, load_balancing_weight, lb_endpoints }) => [
    locality?.zone,
    load_balancing_weight?.value,
    lb_endpoints.map((each) => each.load_balancing_weight?.value),
  ]);
  expect(told).toEqual([
    ["a", 1, [10, 90]],
    ["b", 1, [100]],
  ]);
});

describe("a service of protocol tcp", () => {
  const TCP = { protocol: "tcp" } as const;

  test("is for Envoy, our sidecars and whoever is unknown; gRPC gets nothing of it, and is told why", () => {
    for (const client of CLIENTS) {
      const isLeftOut = client.startsWith("gRPC");
      for (const type of ["cluster", "assignment"] as const)
        expect([client, bytesFor(client, type, TCP).length === 0]).toEqual([client, isLeftOut]);
    }
    const views = viewsOf(new Cell(snapshotOf([service("shop", [{ port: 1 }], settingsWith(TCP))])));
    expect(views.viewOf(node("envoy")).value.types.get(RESOURCE_TYPES.assignment)?.resources.has("shop")).toBe(true);
    const { types, absence } = views.viewOf(node("gRPC Go")).value;
    expect([...types.values()].map(({ resources }) => resources.has("shop"))).toEqual([false, false, false, false]);
    expect(absence(RESOURCE_TYPES.cluster, "shop")).toMatchObject({
      kind: "not-found",
      reason: expect.stringContaining("protocol is tcp"),
    });
  });

  test("what each client gets less of is shown, and our sidecars limit its connections", () => {
    const shown = compromisesOf(
      settingsWith({ ...TCP, lb: { policy: "maglev", hashOn: { sourceAddress: true } }, limits: { maxConnections: 9 } }),
    );
    expect(shown.filter(({ client }) => client === "gRPC Go")).toMatchObject([{ setting: "protocol", wanted: "tcp" }]);
    expect(shown.filter(({ client }) => client === "Envoy")).toMatchObject([{ setting: "lb.hashOn", wanted: "source address" }]);
    expect(shown.filter(({ client }) => client === "Fairlead sidecar")).toEqual([]);
    const [of] = clusterFor("fairlead", { ...TCP, limits: { maxConnections: 9 } }).circuit_breakers?.thresholds ?? [];
    expect(of?.max_connections?.value).toBe(9);
  });
});

describe("hedging", () => {
  const chanceFor = (client: string, over: Partial<ServiceSettings>) =>
    decode("envoy.config.route.v3.RouteConfiguration", bytesFor(client, "routeConfiguration", over)).virtual_hosts[0]?.routes[0]?.route
      ?.hedge_policy?.additional_request_chance;

  test("is for our sidecars alone, and off by default", () => {
    expect(CLIENTS.filter((client) => chanceFor(client, { hedgePercent: 10 }) != null)).toEqual(["fairlead"]);
    expect(chanceFor("fairlead", { hedgePercent: 10 })).toEqual({ numerator: 10, denominator: "HUNDRED" });
    expect(chanceFor("fairlead", {})).toBeUndefined();
  });

  test.each<[string, Partial<ServiceSettings>]>([
    ["maglev keeps a key at one endpoint", { lb: { policy: "maglev", ...HASH } }],
    ["retries.attempts is 0, and a hedge is one of these tries", { retries: { attempts: 0, budgetPercent: 20 } }],
  ])("is shown as not given where %s", (because, over) => {
    const settings = settingsWith({ ...over, hedgePercent: 10 });
    expect(chanceFor("fairlead", settings)).toBeUndefined();
    expect(compromisesOf(settings)).toContainEqual({
      ...{ client: "Fairlead sidecar", setting: "hedge", wanted: "10 %", because },
      given: "none: each request has one endpoint at a time",
    });
  });
});

describe("what is shown of it", () => {
  const shown = (over: Partial<ServiceSettings>) =>
    compromisesOf(settingsWith(over)).map(({ client, setting, wanted, given }) => `${client} ${setting} ${wanted} > ${given}`);

  test("nothing where everybody gets all of it", () => {
    expect(shown({ lb: { policy: "round-robin" } })).toEqual([]);
  });

  test("who gets another policy, with the reason", () => {
    const maglev = { lb: { policy: "maglev", ...HASH } } as const;
    expect(shown(maglev)).toContain("gRPC Go lb.policy maglev > ring-hash");
    expect(shown(maglev).filter((line) => line.startsWith("Envoy") || line.startsWith("Fairlead"))).toEqual([]);
    const byCookie = { lb: { policy: "maglev", hashOn: { cookie: "seat" } } } as const;
    expect(shown(byCookie)).toContain("gRPC Go lb.hashOn cookie seat > any endpoint");
    expect(compromisesOf(settingsWith(maglev)).every(({ because }) => because.length > 10)).toBe(true);
  });

  test("who has no slow start, no such detector and no limit of connections", () => {
    const lines = shown({
      lb: { policy: "round-robin" },
      slowStartMs: 5_000,
      outlier: { consecutive5xx: 3 },
      limits: { maxConnections: 4 },
    });
    expect(lines.filter((line) => line.startsWith("Envoy"))).toEqual([]);
    expect(lines.filter((line) => line.startsWith("gRPC Node")).map((line) => line.split(" ")[2])).toEqual([
      "slowStart",
      "outlier.consecutive5xx",
      "limits.maxConnections",
    ]);
  });
});

test("the time of one try goes to whom retries are told, and only where it is set", () => {
  const told = (client: string, retries: ServiceSettings["retries"]) => {
    const bytes = bytesFor(client, "routeConfiguration", { retries });
    const [host] = decode("envoy.config.route.v3.RouteConfiguration", bytes).virtual_hosts;
    return host?.routes[0]?.route?.retry_policy?.per_try_timeout;
  };
  const retries = { attempts: 1, budgetPercent: 20 };
  const withPerTry = { ...retries, perTryTimeoutMs: 2_000 };
  expect([told("envoy", withPerTry), told("fairlead", withPerTry)]).toEqual([
    { seconds: 2, nanos: 0 },
    { seconds: 2, nanos: 0 },
  ]);
  expect(told("gRPC Go", withPerTry)).toBeUndefined();
  expect([told("fairlead", retries), told("fairlead", { ...withPerTry, attempts: 0 })]).toEqual([null, undefined]);
});
