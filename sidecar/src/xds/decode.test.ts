import { type Cluster, type LbEndpoint, structFrom, typeUrl } from "@fairlead/proto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pickingBy } from "../endpoint/testing/picking.js";
import { type DecodedResource, decodeResource, type RawResource } from "./decode.js";
import {
  assignmentMessage,
  assignmentResource,
  clusterMessage,
  clusterResource,
  endpointMessage,
  routeMessage,
  routeResource,
} from "./testing/resources.js";

function accepted(raw: RawResource): DecodedResource["value"] {
  const decoded = decodeResource(raw);
  if (!decoded.ok) throw new Error(decoded.error);
  return decoded.value.value;
}

function reasonOf(raw: RawResource): string {
  const decoded = decodeResource(raw);
  return decoded.ok ? "accepted" : decoded.error;
}

const { policy: _, ...DEFAULT_PICKING } = pickingBy("round-robin");

const ofPolicies = (...types: string[]): Partial<Cluster> => ({
  load_balancing_policy: {
    policies: types.map((type) => ({ typed_extension_config: { name: "x", typed_config: { type_url: type, value: Buffer.of() } } })),
  },
});

describe("a Cluster", () => {
  test("that says nothing gets the defaults of the xDS schema", () => {
    expect(accepted(clusterResource(clusterMessage("shop"), "v7"))).toEqual({
      name: "shop",
      version: "v7",
      protocol: "http1",
      picking: { policy: "round-robin", ...DEFAULT_PICKING },
      slowStart: undefined,
      weighsLocalities: false,
      connectTimeoutMs: 5_000,
      maxRequests: 1_024,
      retryBudgetPercent: 20,
      panicPercent: 50,
      outlier: { failuresInRow: 5, countsEvery5xx: false, maxPercent: 50 },
    });
  });

  test("that says everything is read field by field", () => {
    const message = clusterMessage("shop", {
      lb_policy: "LEAST_REQUEST",
      connect_timeout: { seconds: 1, nanos: 500_000_000 },
      metadata: { filter_metadata: { fairlead: structFrom({ protocol: "tcp" }) } },
      circuit_breakers: {
        thresholds: [
          { priority: "HIGH", max_requests: { value: 1 } },
          { max_connections: { value: 7 }, max_requests: { value: 9 }, retry_budget: { budget_percent: { value: 35 } } },
        ],
      },
      common_lb_config: { healthy_panic_threshold: { value: 0 } },
      outlier_detection: { consecutive_5xx: { value: 3 }, max_ejection_percent: { value: 20 } },
    });
    expect(accepted(clusterResource(message))).toMatchObject({
      protocol: "tcp",
      picking: { policy: "least-request", ...DEFAULT_PICKING },
      connectTimeoutMs: 1_500,
      maxRequests: 7,
      retryBudgetPercent: 35,
      panicPercent: 0,
      outlier: { failuresInRow: 3, countsEvery5xx: true, maxPercent: 20 },
    });
  });

  test.each([{ consecutive_5xx: { value: 0 } }, { enforcing_consecutive_5xx: { value: 0 } }])(
    "with %j ejects nobody for what fails",
    (said) => {
      expect(accepted(clusterResource(clusterMessage("shop", { outlier_detection: said })))).toMatchObject({
        outlier: { failuresInRow: 0 },
      });
    },
  );

  test("may take its endpoints from `self`, which is the same stream", () => {
    expect(accepted(clusterResource(clusterMessage("shop", { eds_cluster_config: { eds_config: { self: {} } } })))).toBeDefined();
  });

  test("is balanced by the first known entry of load_balancing_policy, whatever lb_policy says", () => {
    const known = typeUrl("envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest");
    const message = clusterMessage("shop", { lb_policy: "RING_HASH", ...ofPolicies("type.googleapis.com/acme.Own", known) });
    expect(accepted(clusterResource(message))).toMatchObject({ picking: { policy: "least-request" } });
  });

  test.each<[string, Partial<Cluster>, string]>([
    ["another discovery type", { type: "STRICT_DNS" }, 'type is "STRICT_DNS", expected EDS'],
    ["no endpoint source", { eds_cluster_config: { eds_config: {} } }, "eds_cluster_config.eds_config"],
    ["another name for EDS", { eds_cluster_config: { eds_config: { ads: {} }, service_name: "other" } }, 'service_name is "other"'],
    ["a policy of the extension only", { lb_policy: "CLUSTER_PROVIDED" }, 'lb_policy is "CLUSTER_PROVIDED", expected ROUND_ROBIN, LEAST_'],
    ["only unknown policies", ofPolicies("constructor", "type.googleapis.com/acme.Own"), "load_balancing_policy is"],
    [
      "an unknown protocol",
      { metadata: { filter_metadata: { fairlead: structFrom({ protocol: "http9" }) } } },
      'metadata.fairlead.protocol is "http9", expected http1 or tcp',
    ],
    [
      "a protocol that is no text",
      { metadata: { filter_metadata: { fairlead: structFrom({ protocol: 1 }) } } },
      "metadata.fairlead.protocol is",
    ],
    ["a connect timeout of nothing", { connect_timeout: { seconds: 0, nanos: 0 } }, "connect_timeout"],
    [
      "a panic threshold that is no share",
      { common_lb_config: { healthy_panic_threshold: { value: Number.NaN } } },
      "healthy_panic_threshold",
    ],
    [
      "more than everybody ejected",
      { outlier_detection: { max_ejection_percent: { value: 101 } } },
      "outlier_detection.max_ejection_percent is 101",
    ],
    [
      "a budget above everything",
      { circuit_breakers: { thresholds: [{ retry_budget: { budget_percent: { value: 101 } } }] } },
      "budget_percent is 101",
    ],
  ])("with %s is refused, naming the field and the value", (_, change, reason) => {
    expect(reasonOf(clusterResource(clusterMessage("shop", change)))).toContain(reason);
  });

  test("called other than its resource is refused", () => {
    expect(reasonOf({ ...clusterResource(clusterMessage("shop")), name: "cart" })).toBe(`name is "shop", expected the resource's "cart"`);
  });
});

describe("a ClusterLoadAssignment", () => {
  test("becomes one list sorted by id, with canonical addresses", () => {
    const message = {
      cluster_name: "shop",
      endpoints: [
        { locality: { zone: "b" }, lb_endpoints: [endpointMessage("2001:DB8::0:1", 80), endpointMessage("10.0.0.2", 80)] },
        { lb_endpoints: [endpointMessage("::ffff:10.0.0.1", 80, { load_balancing_weight: { value: 7 } })] },
      ],
    };
    const saysNothing = { subZone: "", localityWeight: 0, priority: 0, instance: undefined, ramp: undefined } as const;
    const standing = { zone: "b", health: "healthy", ...saysNothing } as const;
    expect(accepted(assignmentResource(message, "v"))).toEqual({
      name: "shop",
      version: "v",
      endpoints: [
        { id: "10.0.0.1:80", ip: "10.0.0.1", port: 80, weight: 7, ...standing, zone: "default" },
        { id: "10.0.0.2:80", ip: "10.0.0.2", port: 80, weight: 100, ...standing },
        { id: "[2001:db8::1]:80", ip: "2001:db8::1", port: 80, weight: 100, ...standing },
      ],
      overprovisioningPercent: 140,
      countsWeights: false,
      confirmed: false,
    });
  });

  test("that is empty is accepted: that is an answer", () => {
    expect(accepted(assignmentResource({ cluster_name: "shop" }))).toMatchObject({ endpoints: [] });
  });

  test.each([
    ["UNKNOWN", "unknown"],
    ["HEALTHY", "healthy"],
    ["UNHEALTHY", "unhealthy"],
    ["TIMEOUT", "unhealthy"],
    ["DRAINING", "draining"],
    ["DEGRADED", "healthy"],
  ] as const)("with health status %s means %s", (status, health) => {
    const endpoint = endpointMessage("10.0.0.1", 80, { health_status: status });
    expect(accepted(assignmentResource(assignmentMessage("shop", [endpoint])))).toMatchObject({ endpoints: [{ health }] });
  });

  test("with a health status newer than the schema means unknown", () => {
    const raw = assignmentResource(assignmentMessage("shop", [endpointMessage("10.0.0.1", 80, { health_status: "DEGRADED" })]));
    const field = raw.value.indexOf(Buffer.of(0x10, 0x05));
    raw.value[field + 1] = 0x4d;
    expect(accepted(raw)).toMatchObject({ endpoints: [{ health: "unknown" }] });
  });

  test("carries the ramp that the control plane has recorded, and none that lasts no time", () => {
    const rampOf = (ramp_ms: number) => {
      const metadata = { filter_metadata: { fairlead: structFrom({ ramp_start_ms: 1_700_000_000_000, ramp_ms }) } };
      return accepted(assignmentResource(assignmentMessage("shop", [endpointMessage("10.0.0.1", 80, { metadata })])));
    };
    expect(rampOf(30_000)).toMatchObject({ endpoints: [{ ramp: { startMs: 1_700_000_000_000, windowMs: 30_000 } }] });
    expect(rampOf(0)).toMatchObject({ endpoints: [{ ramp: undefined }] });
  });

  test("carries until when long-lived connections may stay once an endpoint leaves", () => {
    const metadata = { filter_metadata: { fairlead: structFrom({ drain_until_ms: 1_700_000_000_000 }) } };
    const resource = assignmentResource(assignmentMessage("shop", [endpointMessage("10.0.0.1", 80, { metadata })]));
    expect(accepted(resource)).toMatchObject({ endpoints: [{ drainUntilMs: 1_700_000_000_000 }] });
  });

  test("carries the instance behind an address, and weighs 1 where it says nothing", () => {
    const endpoint: LbEndpoint = {
      endpoint: { address: { socket_address: { address: "10.0.0.1", port_value: 80 } } },
      metadata: { filter_metadata: { fairlead: structFrom({ instance: "pod-1" }) } },
    };
    const decoded = accepted(assignmentResource(assignmentMessage("shop", [endpoint])));
    expect(decoded).toMatchObject({ endpoints: [{ instance: "pod-1", weight: 1, health: "unknown" }] });
  });

  test.each<[string, LbEndpoint[], string]>([
    [
      "the same address twice, written differently",
      [endpointMessage("10.0.0.1", 80), endpointMessage("::ffff:10.0.0.1", 80)],
      'endpoints[0].lb_endpoints[1].endpoint.address is "10.0.0.1:80 a second time", expected every address once',
    ],
    ["a host name", [endpointMessage("shop.internal", 80)], 'address is "shop.internal", expected an IP address'],
    ["port 0", [endpointMessage("10.0.0.1", 0)], "port_value is 0, expected 1 to 65535"],
    [
      "weight 0",
      [endpointMessage("10.0.0.1", 80, { load_balancing_weight: { value: 0 } })],
      "load_balancing_weight is 0, expected 1 to 10000",
    ],
    ["weight 10001", [endpointMessage("10.0.0.1", 80, { load_balancing_weight: { value: 10_001 } })], "load_balancing_weight is 10001"],
    ["no address", [{}], "socket_address is absent"],
    [
      "UDP",
      [{ endpoint: { address: { socket_address: { address: "10.0.0.1", port_value: 80, protocol: "UDP" } } } }],
      'protocol is "UDP", expected TCP',
    ],
    [
      "a ramp without a start",
      [endpointMessage("10.0.0.1", 80, { metadata: { filter_metadata: { fairlead: structFrom({ ramp_ms: 5 }) } } })],
      "metadata.fairlead.ramp_start_ms is absent",
    ],
    [
      "a ramp of a day",
      [
        endpointMessage("10.0.0.1", 80, {
          metadata: { filter_metadata: { fairlead: structFrom({ ramp_start_ms: 5, ramp_ms: 86_400_000 }) } },
        }),
      ],
      "metadata.fairlead.ramp_ms is 86400000",
    ],
    [
      "a drain that ends before 1970",
      [endpointMessage("10.0.0.1", 80, { metadata: { filter_metadata: { fairlead: structFrom({ drain_until_ms: -1 }) } } })],
      "metadata.fairlead.drain_until_ms is -1, expected milliseconds since 1970",
    ],
    [
      "an instance that is no text",
      [endpointMessage("10.0.0.1", 80, { metadata: { filter_metadata: { fairlead: structFrom({ instance: 5 }) } } })],
      "metadata.fairlead.instance is",
    ],
  ])("with %s is refused, naming the place", (_, endpoints, reason) => {
    expect(reasonOf(assignmentResource(assignmentMessage("shop", endpoints)))).toContain(reason);
  });

  test("keeps the priority of each locality, and is refused with one beyond the schema's 128", () => {
    const withPriority = (priority: number) => ({
      cluster_name: "shop",
      endpoints: [{ priority, lb_endpoints: [endpointMessage("10.0.0.1", 80)] }],
    });
    expect(accepted(assignmentResource(withPriority(1)))).toMatchObject({ endpoints: [{ priority: 1 }] });
    expect(reasonOf(assignmentResource(withPriority(129)))).toContain("endpoints[0].priority is 129");
  });
});

describe("a RouteConfiguration", () => {
  test("that says nothing but the cluster gets 15 s and no retries", () => {
    expect(accepted(routeResource(routeMessage("shop"), "v"))).toEqual({
      name: "shop",
      version: "v",
      cluster: "shop",
      timeoutMs: 15_000,
      perTryTimeoutMs: 0,
      retryAttempts: 0,
      hedgePercent: 0,
      hashOn: [],
    });
  });

  test.each([
    [{ numerator: 10 }, 10],
    [{ numerator: 250, denominator: "TEN_THOUSAND" as const }, 2.5],
    [{ numerator: 101 }, 100],
  ])("may hedge %j of its requests: %d %%", (additional_request_chance, hedgePercent) => {
    expect(accepted(routeResource(routeMessage("shop", { hedge_policy: { additional_request_chance } })))).toMatchObject({ hedgePercent });
  });

  test("gives its timeout and retries, those of the route before those of the host", () => {
    const message = routeMessage("shop", { timeout: { seconds: 2, nanos: 0 }, retry_policy: { num_retries: { value: 2 } } });
    for (const host of message.virtual_hosts ?? []) host.retry_policy = { num_retries: { value: 9 } };
    expect(accepted(routeResource(message))).toMatchObject({ timeoutMs: 2_000, retryAttempts: 2 });
  });

  test("gives the time of one try, 0 for none, and is refused with less", () => {
    const withPerTry = (seconds: number) =>
      routeResource(routeMessage("shop", { retry_policy: { per_try_timeout: { seconds, nanos: 0 } } }));
    expect(accepted(withPerTry(2))).toMatchObject({ perTryTimeoutMs: 2_000 });
    expect(accepted(withPerTry(0))).toMatchObject({ perTryTimeoutMs: 0 });
    expect(reasonOf(withPerTry(-2))).toContain('retry_policy.per_try_timeout is "-2000 ms"');
  });

  test("with a retry policy that names no number allows one retry", () => {
    expect(accepted(routeResource(routeMessage("shop", { retry_policy: { retry_on: "reset" } })))).toMatchObject({ retryAttempts: 1 });
  });

  test("says what to hash on, in its order", () => {
    const hash_policy = [
      { header: { header_name: "X-User" }, terminal: true },
      { cookie: { name: "seat" } },
      { cookie: { name: "made", ttl: { seconds: 60, nanos: 0 }, path: "/a" } },
      { query_parameter: { name: "id" } },
      { connection_properties: { source_ip: true } },
    ];
    expect(accepted(routeResource(routeMessage("shop", { hash_policy })))).toMatchObject({
      hashOn: [
        { kind: "header", name: "x-user", terminal: true },
        { kind: "cookie", name: "seat", make: undefined },
        { kind: "cookie", name: "made", make: { maxAgeS: 60, path: "/a" } },
        { kind: "query", name: "id" },
        { kind: "source-ip", terminal: false },
      ],
    });
  });

  test("with timeout 0, xDS for no limit, gets a day", () => {
    expect(accepted(routeResource(routeMessage("shop", { timeout: { seconds: 0, nanos: 0 } })))).toMatchObject({ timeoutMs: 86_400_000 });
  });

  test.each([
    ["no virtual host", { name: "shop" }, "virtual_hosts is"],
    ["no route", { name: "shop", virtual_hosts: [{ name: "shop", domains: ["*"] }] }, "virtual_hosts[0].routes is"],
    ["a route to another cluster", routeMessage("shop", { cluster: "cart" }), 'route.cluster is "cart", expected the cluster "shop"'],
    ["a negative timeout", routeMessage("shop", { timeout: { seconds: -1, nanos: 0 } }), "route.timeout is"],
    [
      "a hash on nothing we know",
      routeMessage("shop", { hash_policy: [{ filter_state: { key: "io.grpc.channel_id" } }] }),
      "hash_policy[0] is",
    ],
    ["a header that is none", routeMessage("shop", { hash_policy: [{ header: { header_name: "a b" } }] }), "header_name is"],
    ["a path that ends the cookie", routeMessage("shop", { hash_policy: [{ cookie: { name: "a", path: "/; b" } }] }), "cookie.path is"],
    ["eleven retries", routeMessage("shop", { retry_policy: { num_retries: { value: 11 } } }), "num_retries is 11"],
    [
      "a condition",
      { name: "shop", virtual_hosts: [{ name: "shop", routes: [{ match: { prefix: "/a" }, route: { cluster: "shop" } }] }] },
      "match is",
    ],
  ])("with %s is refused", (_, message, reason) => {
    expect(reasonOf(routeResource(message))).toContain(reason);
  });
});

describe("whatever bytes come", () => {
  const valid = [
    clusterResource(clusterMessage("shop", { metadata: { filter_metadata: { fairlead: structFrom({ protocol: "http1", more: [{}] }) } } })),
    assignmentResource(assignmentMessage("shop", [endpointMessage("10.0.0.1", 80), endpointMessage("10.0.0.2", 80)])),
    routeResource(routeMessage("shop", { retry_policy: {} })),
  ];

  test("decoding gives a resource or a reason, never an exception", () => {
    fc.assert(
      fc.property(fc.constantFrom(...valid), fc.uint8Array({ maxLength: 200 }), (raw, bytes) => {
        expect(typeof decodeResource({ ...raw, value: Buffer.from(bytes) }).ok).toBe("boolean");
      }),
    );
  });

  test("a valid resource with some bytes changed gives a resource or a reason, never an exception", () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.constantFrom(...valid), changes, fc.nat(), (raw, edits, cut) => {
        const value = Buffer.from(raw.value);
        for (const [at, byte] of edits) value[at % value.length] = byte;
        const decoded = decodeResource({ ...raw, value: value.subarray(0, cut % 3 === 0 ? cut % value.length : value.length) });
        expect(decoded.ok || decoded.error.length > 0).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  test("an unknown type is refused by name", () => {
    expect(decodeResource({ typeUrl: "type.googleapis.com/acme.Thing", name: "x", version: "1", value: Buffer.of() })).toMatchObject({
      ok: false,
    });
  });
});
