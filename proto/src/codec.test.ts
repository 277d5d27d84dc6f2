import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type ClusterLoadAssignment,
  DecodeError,
  decode,
  encode,
  type MessageName,
  packAny,
  RESOURCE_TYPES,
  structFrom,
  typeUrl,
} from "./index.js";

const CLUSTER = "envoy.config.cluster.v3.Cluster";
const ASSIGNMENT = "envoy.config.endpoint.v3.ClusterLoadAssignment";
const ROUTES = "envoy.config.route.v3.RouteConfiguration";
const LISTENER = "envoy.config.listener.v3.Listener";
const HTTP = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";

const assignment = {
  cluster_name: "shop",
  endpoints: [
    {
      locality: { zone: "a", sub_zone: "w100" },
      load_balancing_weight: { value: 200 },
      lb_endpoints: [
        {
          endpoint: { address: { socket_address: { address: "10.0.0.1", port_value: 8080 } } },
          health_status: "HEALTHY",
          load_balancing_weight: { value: 100 },
          metadata: { filter_metadata: { fairlead: structFrom({ instance: "i-1", ramp_ms: 1500.5, flags: [true, null, { deep: "ü" }] }) } },
        },
      ],
    },
  ],
  policy: { drop_overloads: [{ category: "load", drop_percentage: { numerator: 5, denominator: "TEN_THOUSAND" } }] },
} satisfies ClusterLoadAssignment;

/** A message again after a trip over the wire, as an input: what comes back must encode to the same bytes. */
function there<N extends MessageName>(name: N, bytes: Uint8Array): Buffer {
  return encode(name, decode(name, bytes));
}

describe("a message after encode and decode", () => {
  test("an assignment says what it said, with defaults filled in and absent messages null", () => {
    const decoded = decode(ASSIGNMENT, encode(ASSIGNMENT, assignment));
    expect(decoded).toMatchObject(assignment);
    expect(decoded.endpoints[0]?.priority).toBe(0);
    expect(decoded.policy?.overprovisioning_factor).toBeNull();
    expect(decoded.endpoints[0]?.lb_endpoints[0]?.metadata?.typed_filter_metadata).toEqual({});
  });

  test("a cluster keeps its oneofs, enums, wrappers and 64-bit numbers", () => {
    const cluster = {
      name: "shop",
      type: "EDS",
      lb_policy: "RING_HASH",
      ring_hash_lb_config: { minimum_ring_size: { value: 2 ** 40 }, hash_function: "MURMUR_HASH_2" },
      eds_cluster_config: { eds_config: { ads: {}, resource_api_version: "V3" } },
      lrs_server: { self: {} },
      connect_timeout: { seconds: 1, nanos: 500_000_000 },
      common_lb_config: { healthy_panic_threshold: { value: 0 }, locality_weighted_lb_config: {} },
      circuit_breakers: { thresholds: [{ max_requests: { value: 0 }, priority: "HIGH" }] },
    } as const;
    const decoded = decode(CLUSTER, encode(CLUSTER, cluster));
    expect(decoded).toMatchObject(cluster);
    expect(decoded.maglev_lb_config).toBeUndefined();
    expect(decoded.outlier_detection).toBeNull();
  });

  test("a route configuration keeps packed numbers and the empty prefix, which is a set member of a oneof", () => {
    const routes = {
      name: "shop",
      virtual_hosts: [
        {
          name: "shop",
          domains: ["*"],
          routes: [{ match: { prefix: "" }, route: { cluster: "shop", retry_policy: { retriable_status_codes: [502, 503] } } }],
        },
      ],
    };
    const decoded = decode(ROUTES, encode(ROUTES, routes));
    expect(decoded).toMatchObject(routes);
    expect(decoded.virtual_hosts[0]?.routes[0]?.match?.path).toBeUndefined();
  });

  test("a listener carries its connection manager as an Any, whose bytes decode to it", () => {
    const http = { stat_prefix: "shop", rds: { route_config_name: "shop", config_source: { ads: {} } } };
    const decoded = decode(LISTENER, encode(LISTENER, { name: "shop", api_listener: { api_listener: packAny(HTTP, http) } }));
    const any = decoded.api_listener?.api_listener;
    expect(any?.type_url).toBe(typeUrl(HTTP));
    expect(any && decode(HTTP, any.value)).toMatchObject(http);
  });

  test("a request keeps its map, and text that is not ASCII", () => {
    const request = { node: { id: "ñ-😀" }, initial_resource_versions: { b: "2", a: "1" }, error_detail: { code: 3, message: "no" } };
    const name = "envoy.service.discovery.v3.DeltaDiscoveryRequest";
    expect(decode(name, encode(name, request))).toMatchObject(request);
  });
});

describe("google.protobuf.Any", () => {
  test("is never unpacked, although its type is one we know", () => {
    const any = packAny(CLUSTER, { name: "shop" });
    const name = "envoy.service.discovery.v3.DiscoveryResponse";
    const { resources } = decode(name, encode(name, { resources: [any] }));
    expect(resources).toEqual([any]);
    expect(Object.keys(resources[0] ?? {})).toEqual(["type_url", "value"]);
    expect(Buffer.isBuffer(resources[0]?.value)).toBe(true);
  });

  test("carries types we do not know, and bytes that are not a message", () => {
    const any = { type_url: "type.googleapis.com/some.Unknown", value: Buffer.from("ffff", "hex") };
    expect(decode("google.rpc.Status", encode("google.rpc.Status", { details: [any] })).details).toEqual([any]);
  });

  test("does not take protobufjs's @type objects", () => {
    const details = [{ "@type": typeUrl(CLUSTER), name: "shop" }];
    expect(() => encode("google.rpc.Status", { details } as never)).toThrow("google.rpc.Status.details[0].@type");
  });

  test("holds a Buffer also when decoded from a plain Uint8Array", () => {
    const bytes = new Uint8Array(encode("google.rpc.Status", { details: [packAny(CLUSTER, { name: "shop" })] }));
    expect(Buffer.isBuffer(decode("google.rpc.Status", bytes).details[0]?.value)).toBe(true);
  });
});

describe("encode refuses what protobufjs would drop without a word", () => {
  const refusals: readonly [string, MessageName, unknown, string][] = [
    ["an unknown field", CLUSTER, { nam: "x" }, "envoy.config.cluster.v3.Cluster.nam: envoy.config.cluster.v3.Cluster has no such field"],
    ["an unknown field inside", CLUSTER, { circuit_breakers: { thresholds: [{}, { max_request: {} }] } }, "thresholds[1].max_request: "],
    [
      "an unknown field inside a map",
      "envoy.config.core.v3.Metadata",
      { filter_metadata: { a: { field: {} } } },
      "filter_metadata.a.field: ",
    ],
    ["a field in camel case", CLUSTER, { lbPolicy: "MAGLEV" }, "lbPolicy: "],
    ["a oneof's own name", CLUSTER, { lb_config: "maglev_lb_config" }, "lb_config: "],
    [
      "an unknown enum value",
      CLUSTER,
      { lb_policy: "ROUND_ROBBIN" },
      'lb_policy: "ROUND_ROBBIN" is not a value of envoy.config.cluster.v3.Cluster.LbPolicy',
    ],
    ["an inherited name as an enum value", CLUSTER, { lb_policy: "constructor" }, "lb_policy: "],
    ["an unknown enum number", CLUSTER, { lb_policy: 99 }, "lb_policy: "],
    ["a negative unsigned number", ASSIGNMENT, { endpoints: [{ priority: -1 }] }, "endpoints[0].priority: expected a whole number from 0"],
    ["a fraction", ASSIGNMENT, { endpoints: [{ priority: 1.5 }] }, "priority: "],
    ["a number beyond 32 bits", "google.rpc.Status", { code: 2 ** 31 }, "code: "],
    ["a number JavaScript cannot hold exactly", "google.protobuf.Duration", { seconds: 2 ** 53 }, "seconds: "],
    ["a string for a number", "google.protobuf.Duration", { seconds: "1" }, "seconds: "],
    ["a number for a string", CLUSTER, { name: 5 }, "name: expected a string, got 5"],
    ["a string for bytes", "google.protobuf.Any", { value: "AA==" }, "value: expected bytes"],
    ["a string for a boolean", "envoy.config.core.v3.TypedExtensionConfig", { name: true }, "name: "],
    ["a list for a message", CLUSTER, { circuit_breakers: [] }, "circuit_breakers: expected an object"],
    ["a message for a list", CLUSTER, { circuit_breakers: { thresholds: {} } }, "thresholds: expected an array"],
    ["a hole in a list", CLUSTER, { circuit_breakers: { thresholds: [null] } }, "thresholds[0]: expected an object"],
    [
      "two members of a oneof",
      CLUSTER,
      { lrs_server: { self: {}, ads: {} } },
      "lrs_server.ads: only one of config_source_specifier may be set, and self is",
    ],
    ["no message at all", CLUSTER, null, "envoy.config.cluster.v3.Cluster: expected an object"],
  ];
  test.each(refusals)("%s", (_what, name, message, reason) => {
    expect(() => encode(name, message as never)).toThrow(TypeError);
    expect(() => encode(name, message as never)).toThrow(reason);
  });

  test("null and undefined are absent", () => {
    expect(encode(CLUSTER, { name: "a", metadata: null, lb_policy: undefined } as never)).toEqual(encode(CLUSTER, { name: "a" }));
  });
});

describe("equal messages are equal bytes", () => {
  test("whatever the order of map keys, numeric-looking ones included", () => {
    const name = "envoy.service.discovery.v3.DeltaDiscoveryRequest";
    const versions = fc.dictionary(fc.oneof(fc.string(), fc.nat().map(String)), fc.string());
    fc.assert(
      fc.property(versions, fc.infiniteStream(fc.nat()), (map, order) => {
        const shuffled = Object.fromEntries(
          Object.entries(map)
            .map((entry) => ({ entry, at: order.next().value }))
            .sort((a, b) => a.at - b.at)
            .map(({ entry }) => entry),
        );
        expect(encode(name, { initial_resource_versions: shuffled })).toEqual(encode(name, { initial_resource_versions: map }));
      }),
    );
  });

  test("keys of a map are on the wire in sorted order", () => {
    const bytes = encode("envoy.service.discovery.v3.DeltaDiscoveryRequest", { initial_resource_versions: { b: "", c: "", a: "" } });
    expect(bytes.toString("latin1").replaceAll(/[^a-c]/g, "")).toBe("abc");
  });

  test("whatever the order of fields, which stand by number", () => {
    expect(encode(CLUSTER, { alt_stat_name: "b", name: "a" })).toEqual(encode(CLUSTER, { name: "a", alt_stat_name: "b" }));
  });

  test("whether a default is spelt out or left out", () => {
    expect(encode(CLUSTER, { name: "", lb_policy: "ROUND_ROBIN", ignore_health_on_host_removal: false })).toHaveLength(0);
  });

  test("but a default that is present means something in a oneof, and stays", () => {
    const bytes = encode(CLUSTER, { type: "STATIC" });
    expect(decode(CLUSTER, bytes).type).toBe("STATIC");
    expect(decode(CLUSTER, Buffer.alloc(0)).type).toBeUndefined();
  });

  test("and a decoded message encodes to the bytes it came from", () => {
    const bytes = encode(ASSIGNMENT, assignment);
    expect(there(ASSIGNMENT, bytes)).toEqual(bytes);
  });
});

describe("bytes that are not the message", () => {
  const bytes = encode(ASSIGNMENT, assignment);

  test("are refused with the message's name and a reason", () => {
    expect(() => decode(CLUSTER, Buffer.from("0a05", "hex"))).toThrow(DecodeError);
    expect(() => decode(CLUSTER, Buffer.from("0a05", "hex"))).toThrow(
      /^envoy\.config\.cluster\.v3\.Cluster: a string of 5 bytes at offset 2 ends/,
    );
  });

  test("a cut-off resource is refused, or was cut between two fields: never read as something shorter", () => {
    let refused = 0;
    for (let length = 0; length < bytes.length; length++) {
      const cut = bytes.subarray(0, length);
      try {
        expect(there(ASSIGNMENT, cut)).toEqual(cut);
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(bytes.length * 0.9);
  });

  test("a string that is not UTF-8 is refused, and U+FFFD itself is not", () => {
    expect(() => decode(CLUSTER, Buffer.from("0a01ff", "hex"))).toThrow("the string at offset 2 is not UTF-8");
    expect(decode(CLUSTER, encode(CLUSTER, { name: "\uFFFD" })).name).toBe("\uFFFD");
  });

  test("nesting without end is refused", () => {
    let value: Uint8Array = Buffer.alloc(0);
    const name = "envoy.service.discovery.v3.DynamicParameterConstraints";
    for (let depth = 0; depth < 200; depth++)
      value = Buffer.concat([Buffer.from([0x22, 0x80 | (value.length & 0x7f), value.length >> 7]), value]);
    expect(() => decode(name, value)).toThrow(DecodeError);
  });

  test("any bytes decode or are refused, nothing else", () => {
    const names = fc.constantFrom<MessageName[]>(CLUSTER, ASSIGNMENT, ROUTES, "envoy.service.discovery.v3.DeltaDiscoveryRequest");
    const mutated = fc
      .tuple(fc.nat(bytes.length - 1), fc.nat(255))
      .map(([at, to]) => Buffer.from(bytes.map((byte, i) => (i === at ? to : byte))));
    fc.assert(
      fc.property(names, fc.oneof(fc.uint8Array({ maxLength: 60 }), mutated), (name, input) => {
        try {
          decode(name, input);
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("unknown fields are skipped, and an enum value newer than the schema stays a number", () => {
    const newer = Buffer.concat([encode(CLUSTER, { name: "a" }), Buffer.from("30ff01" + "c23e01" + "78", "hex")]);
    expect(decode(CLUSTER, newer)).toMatchObject({ name: "a", lb_policy: 255 });
  });
});

test("resource type URLs are those on the wire", () => {
  expect(RESOURCE_TYPES).toEqual({
    listener: "type.googleapis.com/envoy.config.listener.v3.Listener",
    routeConfiguration: "type.googleapis.com/envoy.config.route.v3.RouteConfiguration",
    cluster: "type.googleapis.com/envoy.config.cluster.v3.Cluster",
    assignment: "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
  });
});
