import { type Cluster, type MessageName, type Messages, packAny } from "@fairlead/proto";
import { describe, expect, test } from "vitest";
import type { ClusterConfig } from "../endpoint/index.js";
import { pickingBy } from "../endpoint/testing/picking.js";
import { decodeResource } from "./decode.js";
import { clusterMessage, clusterResource } from "./testing/resources.js";

const POLICIES = "envoy.extensions.load_balancing_policies";
type Entry = { readonly type_url: string; readonly value: Uint8Array };

function listOf(...entries: readonly Entry[]): NonNullable<Cluster["load_balancing_policy"]> {
  return { policies: entries.map((typed_config) => ({ typed_extension_config: { name: "x", typed_config: { ...typed_config } } })) };
}

function extension<Name extends MessageName>(name: Name, message: Messages[Name]["input"]): Partial<Cluster> {
  return { load_balancing_policy: listOf(packAny(name, message)) };
}

function decoded(change: Partial<Cluster>): ClusterConfig | string {
  const result = decodeResource(clusterResource(clusterMessage("shop", change)));
  if (!result.ok) return result.error;
  return result.value.value as ClusterConfig;
}

const PEAK_EWMA = `type.googleapis.com/${POLICIES}.peak_ewma.v3alpha.PeakEwma`;
const SLOW = { slow_start_window: { seconds: 30, nanos: 0 } };
const SLOW_DECODED = { windowMs: 30_000, aggression: 1, leastPercent: 10 };

describe("a policy", () => {
  test.each<[string, Partial<Cluster>, object]>([
    [
      "ROUND_ROBIN with slow start",
      { lb_policy: "ROUND_ROBIN", round_robin_lb_config: { slow_start_config: SLOW } },
      { slowStart: SLOW_DECODED },
    ],
    [
      "LEAST_REQUEST of three",
      { lb_policy: "LEAST_REQUEST", least_request_lb_config: { choice_count: { value: 3 } } },
      { picking: pickingBy("least-request", { choices: 3 }) },
    ],
    ["RANDOM", { lb_policy: "RANDOM" }, { picking: pickingBy("random") }],
    [
      "RING_HASH with its sizes",
      { lb_policy: "RING_HASH", ring_hash_lb_config: { minimum_ring_size: { value: 64 }, maximum_ring_size: { value: 512 } } },
      { picking: pickingBy("ring-hash", { ringSize: { least: 64, most: 512 } }) },
    ],
    [
      "MAGLEV with its table and a bound of load",
      {
        lb_policy: "MAGLEV",
        maglev_lb_config: { table_size: { value: 1_021 } },
        common_lb_config: { consistent_hashing_lb_config: { hash_balance_factor: { value: 125 } } },
      },
      { picking: pickingBy("maglev", { tableSize: 1_021, balancePercent: 125 }) },
    ],
    [
      "round_robin as an extension",
      extension(`${POLICIES}.round_robin.v3.RoundRobin`, { slow_start_config: SLOW }),
      { slowStart: SLOW_DECODED },
    ],
    [
      "least_request, compared with all",
      extension(`${POLICIES}.least_request.v3.LeastRequest`, { selection_method: "FULL_SCAN" }),
      { picking: pickingBy("least-request", { choices: Number.POSITIVE_INFINITY }) },
    ],
    [
      "random, by the weight of localities first",
      extension(`${POLICIES}.random.v3.Random`, { locality_lb_config: { locality_weighted_lb_config: {} } }),
      { picking: pickingBy("random"), weighsLocalities: true },
    ],
    [
      "maglev as an extension",
      extension(`${POLICIES}.maglev.v3.Maglev`, { consistent_hashing_lb_config: { hash_balance_factor: { value: 150 } } }),
      { picking: pickingBy("maglev", { balancePercent: 150 }) },
    ],
    [
      "ring_hash as an extension",
      extension(`${POLICIES}.ring_hash.v3.RingHash`, { minimum_ring_size: { value: 9 } }),
      { picking: pickingBy("ring-hash", { ringSize: { least: 9, most: 8_388_608 } }) },
    ],
    [
      "wrr_locality over what it knows",
      extension(`${POLICIES}.wrr_locality.v3.WrrLocality`, {
        endpoint_picking_policy: listOf(
          { type_url: "type.googleapis.com/acme.Own", value: Buffer.of() },
          packAny(`${POLICIES}.least_request.v3.LeastRequest`, {}),
        ),
      }),
      { picking: pickingBy("least-request"), weighsLocalities: true },
    ],
    [
      "client_side_weighted_round_robin with its periods",
      extension(`${POLICIES}.client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin`, {
        blackout_period: { seconds: 2, nanos: 0 },
        weight_update_period: { seconds: 0, nanos: 1 },
      }),
      {
        picking: pickingBy("reported-round-robin", {
          reports: { blackoutMs: 2_000, expirationMs: 180_000, updateMs: 100, errorPenalty: 1 },
        }),
      },
    ],
    ["peak_ewma", { load_balancing_policy: listOf({ type_url: PEAK_EWMA, value: Buffer.of() }) }, { picking: pickingBy("peak-ewma") }],
  ])("%s is understood", (_, change, expected) => {
    expect(decoded(change)).toMatchObject(expected);
  });

  test.each<[string, Partial<Cluster>, string]>([
    ["a choice of one", { lb_policy: "LEAST_REQUEST", least_request_lb_config: { choice_count: { value: 1 } } }, "choice_count is 1"],
    [
      "another bias",
      { lb_policy: "LEAST_REQUEST", least_request_lb_config: { active_request_bias: { default_value: 2, runtime_key: "x" } } },
      "active_request_bias is 2, expected 1",
    ],
    ["a table that is no prime", { lb_policy: "MAGLEV", maglev_lb_config: { table_size: { value: 1_024 } } }, "table_size is 1024"],
    ["another hash", { lb_policy: "RING_HASH", ring_hash_lb_config: { hash_function: "MURMUR_HASH_2" } }, "hash_function is"],
    [
      "a ring larger than its limit",
      { lb_policy: "RING_HASH", ring_hash_lb_config: { minimum_ring_size: { value: 9 }, maximum_ring_size: { value: 8 } } },
      'minimum_ring_size is "9 to 8"',
    ],
    [
      "hashing on host names",
      { lb_policy: "MAGLEV", common_lb_config: { consistent_hashing_lb_config: { use_hostname_for_hashing: true } } },
      "use_hostname_for_hashing is true",
    ],
    [
      "a bound below the fair share",
      extension(`${POLICIES}.maglev.v3.Maglev`, { consistent_hashing_lb_config: { hash_balance_factor: { value: 50 } } }),
      "load_balancing_policy.policies[0].hash_balance_factor is 50",
    ],
    ["zone-aware routing", { common_lb_config: { zone_aware_lb_config: {} } }, "zone_aware_lb_config is"],
    [
      "a slow start of a day",
      { round_robin_lb_config: { slow_start_config: { slow_start_window: { seconds: 86_400, nanos: 0 } } } },
      "slow_start_window is",
    ],
    [
      "a slow start without aggression",
      { round_robin_lb_config: { slow_start_config: { ...SLOW, aggression: { default_value: 0, runtime_key: "x" } } } },
      "aggression is 0",
    ],
    ["wrr_locality of nothing", extension(`${POLICIES}.wrr_locality.v3.WrrLocality`, {}), "endpoint_picking_policy is absent"],
    [
      "settings of peak_ewma",
      { load_balancing_policy: listOf({ type_url: PEAK_EWMA, value: Buffer.of(8, 1) }) },
      'is "settings of PeakEwma"',
    ],
    [
      "bytes that are no message",
      { load_balancing_policy: listOf({ ...packAny(`${POLICIES}.maglev.v3.Maglev`, {}), value: Buffer.of(0x0a, 0xff) }) },
      "policies[0].typed_config is",
    ],
    [
      "reports of load out of band",
      extension(`${POLICIES}.client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin`, {
        enable_oob_load_report: { value: true },
      }),
      "enable_oob_load_report is true",
    ],
    ["an empty list", { load_balancing_policy: { policies: [] } }, "expected a list with one of RoundRobin, ClientSide"],
  ])("with %s is refused, naming the field", (_, change, reason) => {
    expect(decoded(change)).toContain(reason);
  });

  test("with settings of another policy beside it is not touched by them", () => {
    expect(decoded({ lb_policy: "ROUND_ROBIN", maglev_lb_config: { table_size: { value: 4 } } })).toMatchObject({
      picking: pickingBy("round-robin"),
    });
  });
});
