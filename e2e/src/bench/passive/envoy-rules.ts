import type { Rng } from "@fairlead/shared";

/** Defaults of envoy.config.cluster.v3.OutlierDetection. */
const CONSECUTIVE = 5;
const INTERVAL_S = 10;
const BASE_EJECTION_S = 30;
const MAX_PERCENT = 10;
const SUCCESS_RATE = { hosts: 5, requests: 100, deviations: 1.9 };

interface Host {
  consecutive: number;
  requests: number;
  failures: number;
  ejections: number;
  outUntilS: number;
}

/** One proxy's own view of its hosts by the rules that Envoy publishes: what it sees alone is all it has. */
export class EnvoyRules {
  readonly #hosts: readonly Host[];
  #ejected = 0;
  #sweptS = 0;
  #nowS = 0;

  constructor(hosts: number) {
    this.#hosts = Array.from({ length: hosts }, () => ({ consecutive: 0, requests: 0, failures: 0, ejections: 0, outUntilS: 0 }));
  }

  isOut(host: number): boolean {
    return (this.#hosts[host]?.outUntilS ?? 0) > this.#nowS;
  }

  get ejections(): number {
    return this.#ejected;
  }

  /** A second in which it sends each host one request. */
  second(failsOf: (host: number) => number, rng: Rng): void {
    this.#nowS += 1;
    for (const [at, host] of this.#hosts.entries()) {
      if (this.isOut(at)) continue;
      const failed = rng.next() < failsOf(at);
      host.requests += 1;
      host.failures += failed ? 1 : 0;
      host.consecutive = failed ? host.consecutive + 1 : 0;
      if (host.consecutive >= CONSECUTIVE) this.#eject(host);
    }
    if (this.#nowS - this.#sweptS >= INTERVAL_S) this.#sweep();
  }

  #sweep(): void {
    this.#sweptS = this.#nowS;
    const counted = this.#hosts.filter(({ requests }) => requests >= SUCCESS_RATE.requests);
    if (counted.length >= SUCCESS_RATE.hosts) {
      const rates = counted.map(({ requests, failures }) => 1 - failures / requests);
      const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
      const deviation = Math.sqrt(rates.reduce((sum, rate) => sum + (rate - mean) ** 2, 0) / rates.length);
      for (const [at, host] of counted.entries()) if ((rates[at] ?? 1) < mean - SUCCESS_RATE.deviations * deviation) this.#eject(host);
    }
    for (const host of this.#hosts) host.requests = host.failures = 0;
  }

  #eject(host: Host): void {
    host.consecutive = 0;
    const out = this.#hosts.filter(({ outUntilS }) => outUntilS > this.#nowS).length;
    if ((100 * (out + 1)) / this.#hosts.length > MAX_PERCENT) return;
    host.ejections += 1;
    host.outUntilS = this.#nowS + BASE_EJECTION_S * host.ejections;
    this.#ejected += 1;
  }
}
