// Metrics are `fairlead_…`; no label ever comes from a request or a node id, so that series stay bounded.

import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { BucketCounts } from "./bucket-counts.js";

export type Labels = Readonly<Record<string, string>>;

export interface CounterMetric {
  add(amount?: number, labels?: Labels): void;
}

export interface GaugeMetric {
  set(value: number, labels?: Labels): void;
}

export interface HistogramMetric {
  observe(value: number, labels?: Labels): void;
}

/** One sample that is read at scrape time: what a hot path counts in plain numbers is exported this way. */
export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

/** One histogram that is read at scrape time. */
export interface HistogramSample {
  readonly labels: Labels;
  readonly counts: Pick<BucketCounts, "cumulative" | "sum">;
}

export interface MetricSpec {
  /** Without the `fairlead_` prefix; counters end in `_total`, durations in `_seconds`. */
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
}

export interface Metrics {
  counter(spec: MetricSpec): CounterMetric;
  gauge(spec: MetricSpec): GaugeMetric;
  histogram(spec: MetricSpec & { readonly buckets: readonly number[] }): HistogramMetric;
  /** Values computed when somebody asks. `kind` is how Prometheus shall read them. */
  sampled(kind: "counter" | "gauge", spec: MetricSpec, read: () => Iterable<Sample>): void;
  /** Histograms that a hot path counts in plain numbers; `buckets` are the bounds they were made with. */
  sampledHistogram(spec: MetricSpec & { readonly buckets: readonly number[] }, read: () => Iterable<HistogramSample>): void;
  /** Prometheus text exposition format. */
  expose(): Promise<string>;
}

export function newMetrics(): Metrics {
  const registry = new Registry();
  const options = (spec: MetricSpec) => ({
    name: `fairlead_${spec.name}`,
    help: spec.help,
    labelNames: [...(spec.labels ?? [])],
    registers: [registry],
  });
  return {
    counter(spec) {
      const counter = new Counter(options(spec));
      return { add: (amount = 1, labels = {}) => counter.inc({ ...labels }, amount) };
    },
    gauge(spec) {
      const gauge = new Gauge(options(spec));
      return { set: (value, labels = {}) => gauge.set({ ...labels }, value) };
    },
    histogram(spec) {
      const histogram = new Histogram({ ...options(spec), buckets: [...spec.buckets] });
      return { observe: (value, labels = {}) => histogram.observe({ ...labels }, value) };
    },
    sampled(kind, spec, read) {
      if (kind === "gauge") {
        new Gauge({
          ...options(spec),
          collect() {
            this.reset();
            for (const { labels, value } of read()) this.set({ ...labels }, value);
          },
        });
      } else {
        new Counter({
          ...options(spec),
          collect() {
            this.reset();
            for (const { labels, value } of read()) this.inc({ ...labels }, value);
          },
        });
      }
    },
    sampledHistogram(spec, read) {
      const { name, help } = options(spec);
      const get = () =>
        Promise.resolve({ name, help, type: "histogram", aggregator: "sum", values: histogramLines(name, spec.buckets, read()) });
      // The client library knows no histogram that somebody else counts; of a metric it asks no more than this.
      registry.registerMetric({ name, get } as unknown as Histogram);
    },
    expose: () => registry.metrics(),
  };
}

function histogramLines(name: string, buckets: readonly number[], samples: Iterable<HistogramSample>) {
  const bounds = [...buckets.map(String), "+Inf"];
  return [...samples].flatMap(({ labels, counts }) => {
    const cumulative = counts.cumulative();
    return [
      ...bounds.map((le, index) => ({ labels: { ...labels, le }, value: cumulative[index] ?? 0, metricName: `${name}_bucket` })),
      { labels: { ...labels }, value: counts.sum, metricName: `${name}_sum` },
      { labels: { ...labels }, value: cumulative.at(-1) ?? 0, metricName: `${name}_count` },
    ];
  });
}
