// Keeps what each compared source says otherwise, service by service, up to date with the readings.

import type { EndpointId, Metrics, ServiceName } from "@fairlead/shared";
import type { Endpoint, Source } from "../discovery/index.js";
import { type Comparison, compare } from "./comparison.js";
import type { Sight } from "./merge.js";

export class Comparisons {
  readonly #all = new Map<ServiceName, Comparison>();
  /** Those of services that are compared no more are counted on, as a counter must. */
  #divergences = 0;

  constructor(metrics: Metrics) {
    const services = {
      name: "compare_services",
      help: "Services that are compared with another source, by what came out",
      labels: ["state"],
    };
    metrics.sampled("gauge", services, () => this.#states());
    const endpoints = { name: "compare_endpoints", help: "Endpoints that a compared source tells differently", labels: ["difference"] };
    metrics.sampled("gauge", endpoints, () => this.#differences());
    metrics.sampled("counter", { name: "compare_divergences_total", help: "Times a compared source began to differ" }, () => [
      { labels: {}, value: this.#divergences },
    ]);
  }

  get all(): ReadonlyMap<ServiceName, Comparison> {
    return this.#all;
  }

  /** @param source undefined when the service is compared with nothing (any more) */
  look(
    service: ServiceName,
    source: Source | undefined,
    { sights, nowMs }: { readonly sights: readonly Sight[]; readonly nowMs: number },
  ): void {
    const state = source?.services.value.get(service);
    if (source === undefined || (state === undefined && sights.length === 0)) {
      this.#all.delete(service);
      return;
    }
    const { value: listing } = source.listing;
    const nameless = listing.kind === "seen" && listing.completeness.kind === "complete";
    const before = this.#all.get(service);
    const next = compare(followed(sights), { source: source.name, state, nameless }, { before, nowMs });
    if (next.state === "differs" && before?.state !== "differs") this.#divergences++;
    this.#all.set(service, next);
  }

  #states(): { labels: { state: string }; value: number }[] {
    const counts = { same: 0, differs: 0, unknown: 0 };
    for (const { state } of this.#all.values()) counts[state]++;
    return Object.entries(counts).map(([state, value]) => ({ labels: { state }, value }));
  }

  #differences(): { labels: { difference: string }; value: number }[] {
    const counts = { only_here: 0, only_there: 0, differing: 0 };
    for (const { differences } of this.#all.values()) {
      counts.only_here += differences?.onlyHere.count ?? 0;
      counts.only_there += differences?.onlyThere.count ?? 0;
      counts.differing += differences?.differing.count ?? 0;
    }
    return Object.entries(counts).map(([difference, value]) => ({ labels: { difference }, value }));
  }
}

/** What is followed, without those whose removal is only held: the question is what the sources say. */
function followed(sights: readonly Sight[]): ReadonlyMap<EndpointId, Endpoint> {
  const [only] = sights;
  if (only !== undefined && sights.length === 1) return only.endpoints;
  const all = new Map<EndpointId, Endpoint>();
  for (const { endpoints } of sights) for (const [id, endpoint] of endpoints) if (!all.has(id)) all.set(id, endpoint);
  return all;
}
