// Metrics are `fairlead_…`; no label ever comes from a request or a node id, so that series stay bounded.

import { Counter, Gauge, Histogram, Registry } from "prom-client";

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
    expose: () => registry.metrics(),
  };
}
