// How a Cluster says endpoints are to be chosen: by `load_balancing_policy`, or by `lb_policy` and the settings beside it.

import {
  type Any__Output,
  type Cluster__Output,
  DecodeError,
  decode,
  type LoadBalancingPolicy__Output,
  type Messages,
  msFromDuration,
  typeUrl,
} from "@fairlead/proto";
import { ok, type Result } from "@fairlead/shared";
import type { PickPolicy, PickSettings, ReportSettings, SlowStart } from "../endpoint/index.js";
import { refusal } from "./refusal.js";

export interface Picking {
  readonly picking: PickSettings;
  readonly slowStart: SlowStart | undefined;
  readonly weighsLocalities: boolean;
}

type LocalityConfig = Messages["envoy.extensions.load_balancing_policies.common.v3.LocalityLbConfig"]["output"];
type SlowStartConfig = Messages["envoy.extensions.load_balancing_policies.common.v3.SlowStartConfig"]["output"];
type HashConfig = Messages["envoy.extensions.load_balancing_policies.common.v3.ConsistentHashingLbConfig"]["output"];

/** What one policy says, whichever of the two ways it is said in. Absent is null, as in every decoded message. */
interface Said {
  readonly policy: PickPolicy;
  /** Field of the resource that it stands in. */
  readonly place: string;
  readonly slowStart?: SlowStartConfig | null;
  readonly locality?: LocalityConfig | null;
  /** Present: localities are weighed. */
  readonly localityWeighted?: object | null;
  readonly hashing?: HashConfig | null;
  readonly choices?: number | undefined;
  readonly bias?: number | undefined;
  readonly hashFunction?: string | number;
  readonly ring?: { readonly least: number | undefined; readonly most: number | undefined };
  readonly tableSize?: number | undefined;
  readonly reports?: ReportSettings;
}

/** Defaults of the xDS schema (least_request.proto, ring_hash.proto, maglev.proto, common.proto). */
const DEFAULTS = { choices: 2, leastRing: 1_024, mostRing: 8_388_608, tableSize: 65_537, aggression: 1, leastPercent: 10 } as const;
/** gRFC A48's bound; more would rather be a full scan. */
const MAX_CHOICES = 10;
const MAX_TABLE_SIZE = 5_000_011;
/** A share that takes longer to grow is a weight. */
const MAX_WINDOW_MS = 3_600_000;
const MAX_BALANCE_PERCENT = 10_000;

export function decodePicking(message: Cluster__Output): Result<Picking> {
  const said = message.load_balancing_policy === null ? byField(message) : byExtension(message.load_balancing_policy);
  if (!said.ok) return said;
  const zoneAware = message.common_lb_config?.zone_aware_lb_config ?? said.value.locality?.zone_aware_lb_config;
  if (zoneAware) return refusal(`${said.value.place}.zone_aware_lb_config`, "present", "none: it needs to know where the callers are");
  const picking = pickSettings(said.value);
  if (!picking.ok) return picking;
  const slowStart = slowStartOf(said.value);
  if (!slowStart.ok) return slowStart;
  const weighsLocalities =
    Boolean(said.value.localityWeighted) ||
    Boolean(said.value.locality?.locality_weighted_lb_config) ||
    Boolean(message.common_lb_config?.locality_weighted_lb_config);
  return ok({ picking: picking.value, slowStart: slowStart.value, weighsLocalities });
}

/** Maps, not objects: the key comes from outside, and an object also answers to "constructor". */
const BY_LB_POLICY: ReadonlyMap<string | number, (message: Cluster__Output) => Said> = new Map<
  string | number,
  (message: Cluster__Output) => Said
>([
  [
    "ROUND_ROBIN",
    (message) => ({
      policy: "round-robin",
      place: "round_robin_lb_config",
      slowStart: message.round_robin_lb_config?.slow_start_config ?? null,
    }),
  ],
  [
    "LEAST_REQUEST",
    ({ least_request_lb_config: config }) => ({
      policy: "least-request",
      place: "least_request_lb_config",
      choices: config?.choice_count?.value,
      bias: config?.active_request_bias?.default_value,
      slowStart: config?.slow_start_config ?? null,
    }),
  ],
  ["RANDOM", () => ({ policy: "random", place: "lb_policy" })],
  [
    "RING_HASH",
    ({ ring_hash_lb_config: config, common_lb_config }) => ({
      policy: "ring-hash",
      place: "ring_hash_lb_config",
      hashFunction: config?.hash_function ?? "XX_HASH",
      ring: { least: config?.minimum_ring_size?.value, most: config?.maximum_ring_size?.value },
      hashing: common_lb_config?.consistent_hashing_lb_config ?? null,
    }),
  ],
  [
    "MAGLEV",
    ({ maglev_lb_config: config, common_lb_config }) => ({
      policy: "maglev",
      place: "maglev_lb_config",
      tableSize: config?.table_size?.value,
      hashing: common_lb_config?.consistent_hashing_lb_config ?? null,
    }),
  ],
]);

function byField(message: Cluster__Output): Result<Said> {
  const said = BY_LB_POLICY.get(message.lb_policy)?.(message);
  return said === undefined ? refusal("lb_policy", message.lb_policy, [...BY_LB_POLICY.keys()].join(", ")) : ok(said);
}

const EXTENSIONS = "envoy.extensions.load_balancing_policies";
type SaidBy = (value: Buffer, place: string) => Result<Said>;

/** Of Envoy's contrib: its settings are not in our schema, so they cannot be honoured. */
const PEAK_EWMA = "type.googleapis.com/envoy.extensions.load_balancing_policies.peak_ewma.v3alpha.PeakEwma";

const BY_EXTENSION: ReadonlyMap<string, SaidBy> = new Map<string, SaidBy>([
  [
    typeUrl(`${EXTENSIONS}.round_robin.v3.RoundRobin`),
    (value, place) => {
      const config = decode(`${EXTENSIONS}.round_robin.v3.RoundRobin`, value);
      return ok({ policy: "round-robin", place, slowStart: config.slow_start_config, locality: config.locality_lb_config });
    },
  ],
  [
    typeUrl(`${EXTENSIONS}.client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin`),
    (value, place) => {
      const config = decode(`${EXTENSIONS}.client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin`, value);
      if (config.enable_oob_load_report?.value) return refusal(`${place}.enable_oob_load_report`, true, "reports in answers");
      const reports = reportSettings(config);
      if (!(reports.errorPenalty >= 0)) return refusal(`${place}.error_utilization_penalty`, reports.errorPenalty, "0 or more");
      return ok({ policy: "reported-round-robin", place, reports });
    },
  ],
  [
    typeUrl(`${EXTENSIONS}.least_request.v3.LeastRequest`),
    (value, place) => {
      const config = decode(`${EXTENSIONS}.least_request.v3.LeastRequest`, value);
      const choices = config.selection_method === "FULL_SCAN" ? Number.POSITIVE_INFINITY : config.choice_count?.value;
      const { slow_start_config: slowStart, locality_lb_config: locality } = config;
      return ok({ policy: "least-request", place, choices, bias: config.active_request_bias?.default_value, slowStart, locality });
    },
  ],
  [
    typeUrl(`${EXTENSIONS}.random.v3.Random`),
    (value, place) => ok({ policy: "random", place, locality: decode(`${EXTENSIONS}.random.v3.Random`, value).locality_lb_config }),
  ],
  [
    typeUrl(`${EXTENSIONS}.ring_hash.v3.RingHash`),
    (value, place) => {
      const config = decode(`${EXTENSIONS}.ring_hash.v3.RingHash`, value);
      return ok({
        policy: "ring-hash",
        place,
        hashFunction: config.hash_function,
        ring: { least: config.minimum_ring_size?.value, most: config.maximum_ring_size?.value },
        hashing: config.consistent_hashing_lb_config,
        localityWeighted: config.locality_weighted_lb_config,
      });
    },
  ],
  [
    typeUrl(`${EXTENSIONS}.maglev.v3.Maglev`),
    (value, place) => {
      const config = decode(`${EXTENSIONS}.maglev.v3.Maglev`, value);
      const { consistent_hashing_lb_config: hashing, locality_weighted_lb_config: localityWeighted } = config;
      return ok({ policy: "maglev", place, tableSize: config.table_size?.value, hashing, localityWeighted });
    },
  ],
  [
    typeUrl(`${EXTENSIONS}.wrr_locality.v3.WrrLocality`),
    (value, place) => {
      const inner = decode(`${EXTENSIONS}.wrr_locality.v3.WrrLocality`, value).endpoint_picking_policy;
      if (inner === null) return refusal(`${place}.endpoint_picking_policy`, undefined, "a policy");
      const said = byExtension(inner, `${place}.endpoint_picking_policy`);
      return said.ok ? ok({ ...said.value, localityWeighted: {} }) : said;
    },
  ],
  [
    PEAK_EWMA,
    (value, place) =>
      value.length === 0 ? ok({ policy: "peak-ewma", place }) : refusal(`${place}.typed_config`, "settings of PeakEwma", "none"),
  ],
]);

/** gRFC A58. */
const DEFAULT_REPORTS: ReportSettings = { blackoutMs: 10_000, expirationMs: 180_000, updateMs: 1_000, errorPenalty: 1 };
const LEAST_UPDATE_MS = 100;

type ReportConfig =
  Messages["envoy.extensions.load_balancing_policies.client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin"]["output"];

function reportSettings(config: ReportConfig): ReportSettings {
  const { blackout_period: blackout, weight_expiration_period: expiration, weight_update_period: update } = config;
  return {
    blackoutMs: blackout === null ? DEFAULT_REPORTS.blackoutMs : msFromDuration(blackout),
    expirationMs: expiration === null ? DEFAULT_REPORTS.expirationMs : msFromDuration(expiration),
    updateMs: Math.max(LEAST_UPDATE_MS, update === null ? DEFAULT_REPORTS.updateMs : msFromDuration(update)),
    errorPenalty: config.error_utilization_penalty?.value ?? DEFAULT_REPORTS.errorPenalty,
  };
}

/** Of the list the first one known counts (cluster.proto). */
function byExtension({ policies }: LoadBalancingPolicy__Output, place = "load_balancing_policy"): Result<Said> {
  const configs = policies.map((policy) => policy.typed_extension_config?.typed_config ?? null);
  for (const [index, config] of configs.entries()) {
    const said = config === null ? undefined : BY_EXTENSION.get(config.type_url);
    if (config !== null && said !== undefined) return decoded(said, config, `${place}.policies[${index}]`);
  }
  return refusal(place, configs.map((config) => config?.type_url ?? "").join(", "), `a list with one of ${knownNames()}`);
}

function decoded(said: SaidBy, { value }: Any__Output, place: string): Result<Said> {
  try {
    return said(value, place);
  } catch (error) {
    if (error instanceof DecodeError) return refusal(`${place}.typed_config`, error.message, "a message of its type");
    throw error;
  }
}

function knownNames(): string {
  return [...BY_EXTENSION.keys()].map((type) => type.slice(type.lastIndexOf(".") + 1)).join(", ");
}

function pickSettings(said: Said): Result<PickSettings> {
  const { place, policy } = said;
  const choices = said.choices ?? DEFAULTS.choices;
  // Envoy and gRFC A48 take more than ten for ten.
  if (choices < 2) return refusal(`${place}.choice_count`, choices, "2 or more");
  if ((said.bias ?? 1) !== 1) return refusal(`${place}.active_request_bias`, said.bias, "1");
  if (said.hashFunction === "MURMUR_HASH_2" || typeof said.hashFunction === "number") {
    return refusal(`${place}.hash_function`, said.hashFunction, "XX_HASH");
  }
  const least = said.ring?.least ?? Math.min(DEFAULTS.leastRing, said.ring?.most ?? DEFAULTS.mostRing);
  const most = said.ring?.most ?? DEFAULTS.mostRing;
  if (!(least <= most && most > 0 && most <= DEFAULTS.mostRing)) {
    return refusal(`${place}.minimum_ring_size`, `${least} to ${most}`, `no more than the maximum, which is 1 to ${DEFAULTS.mostRing}`);
  }
  const tableSize = said.tableSize ?? DEFAULTS.tableSize;
  if (!(tableSize <= MAX_TABLE_SIZE && isPrime(tableSize)))
    return refusal(`${place}.table_size`, tableSize, `a prime up to ${MAX_TABLE_SIZE}`);
  if (said.hashing?.use_hostname_for_hashing) return refusal(`${place}.use_hostname_for_hashing`, true, "false: endpoints are addresses");
  const balance = said.hashing?.hash_balance_factor?.value ?? 0;
  if (balance !== 0 && !(balance >= 100 && balance <= MAX_BALANCE_PERCENT)) {
    return refusal(`${place}.hash_balance_factor`, balance, `0 or 100 to ${MAX_BALANCE_PERCENT}`);
  }
  return ok({
    policy,
    choices: choices === Number.POSITIVE_INFINITY ? choices : Math.min(MAX_CHOICES, choices),
    ringSize: { least, most },
    tableSize,
    balancePercent: balance === 0 ? undefined : balance,
    reports: said.reports ?? DEFAULT_REPORTS,
  });
}

/** A window of 0 is none (common.proto: it must be set and positive to have an effect). */
function slowStartOf({ slowStart: config, place }: Said): Result<SlowStart | undefined> {
  if (!config) return ok(undefined);
  const windowMs = config.slow_start_window === null ? 0 : msFromDuration(config.slow_start_window);
  if (!(windowMs >= 0 && windowMs <= MAX_WINDOW_MS)) {
    return refusal(`${place}.slow_start_config.slow_start_window`, `${windowMs} ms`, `0 to ${MAX_WINDOW_MS} ms`);
  }
  const aggression = config.aggression?.default_value ?? DEFAULTS.aggression;
  if (!(aggression > 0)) return refusal(`${place}.slow_start_config.aggression`, aggression, "more than 0");
  const leastPercent = config.min_weight_percent?.value ?? DEFAULTS.leastPercent;
  if (!(leastPercent >= 0 && leastPercent <= 100)) {
    return refusal(`${place}.slow_start_config.min_weight_percent`, leastPercent, "0 to 100");
  }
  return ok(windowMs === 0 ? undefined : { windowMs, aggression, leastPercent });
}

function isPrime(number: number): boolean {
  if (!(number >= 2)) return false;
  for (let divisor = 2; divisor * divisor <= number; divisor++) if (number % divisor === 0) return false;
  return true;
}
