import { RESOURCE_TYPES } from "@fairlead/proto";
import type { Clock, Metrics, Sample } from "@fairlead/shared";
import type { StreamRecord } from "./stream-record.js";

type Counted = "responses" | "acks" | "nacks" | "gatesExpired";

/** Label values are few whatever clients ask for. */
const TYPE_LABELS: ReadonlyMap<string, string> = new Map([
  [RESOURCE_TYPES.listener, "listener"],
  [RESOURCE_TYPES.routeConfiguration, "route"],
  [RESOURCE_TYPES.cluster, "cluster"],
  [RESOURCE_TYPES.assignment, "assignment"],
]);

/** C-core 1.51 answers up to 8 s late when it is idle; a minute is no client's habit. */
const UNANSWERED_AFTER_MS = 60_000;

function typeLabel(typeUrl: string): string {
  return TYPE_LABELS.get(typeUrl) ?? "other";
}

/** Counted in plain numbers: this is the path of every push. */
export class FleetCounts {
  readonly #counts: Readonly<Record<Counted, Map<string, number>>> = {
    responses: new Map(),
    acks: new Map(),
    nacks: new Map(),
    gatesExpired: new Map(),
  };

  add(what: Counted, typeUrl: string): void {
    const counts = this.#counts[what];
    const label = typeLabel(typeUrl);
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }

  samples(what: Counted): readonly Sample[] {
    return [...this.#counts[what]].map(([type, value]) => ({ labels: { type }, value }));
  }
}

export interface FleetMetricsSources {
  readonly counts: FleetCounts;
  readonly connected: () => Iterable<StreamRecord>;
  readonly clock: Clock;
}

export function exportFleetMetrics(metrics: Metrics, { counts, connected, clock }: FleetMetricsSources): void {
  const labels = ["type"];
  metrics.sampled("counter", { name: "xds_responses_total", help: "Responses sent.", labels }, () => counts.samples("responses"));
  metrics.sampled("counter", { name: "xds_acks_total", help: "Responses accepted.", labels }, () => counts.samples("acks"));
  metrics.sampled("counter", { name: "xds_nacks_total", help: "Responses refused, once per response.", labels }, () =>
    counts.samples("nacks"),
  );
  const late = "Resources sent, or taken away, although the client did not answer for what they waited for.";
  metrics.sampled("counter", { name: "xds_gates_expired_total", help: late, labels }, () => counts.samples("gatesExpired"));
  metrics.sampled("gauge", { name: "xds_streams", help: "Streams open, after their first request.", labels: ["variant"] }, () =>
    tally("variant", variantsOf(connected()), ["sotw", "delta"]),
  );
  const help = "Responses that wait for an answer for more than a minute.";
  metrics.sampled("gauge", { name: "xds_unanswered", help, labels }, () =>
    tally("type", unanswered(connected(), clock.nowMs()), TYPE_LABELS.values()),
  );
}

function* variantsOf(records: Iterable<StreamRecord>): Iterable<string> {
  for (const record of records) yield record.identity.variant;
}

function* unanswered(records: Iterable<StreamRecord>, nowMs: number): Iterable<string> {
  for (const record of records) for (const typeUrl of record.unanswered(nowMs, UNANSWERED_AFTER_MS)) yield typeLabel(typeUrl);
}

function tally(label: string, seen: Iterable<string>, expected: Iterable<string>): readonly Sample[] {
  const counts = new Map([...expected].map((value) => [value, 0]));
  for (const value of seen) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].map(([value, count]) => ({ labels: { [label]: value }, value: count }));
}
