import { Callers, Judge, NO_VOTES, type Opinion, type Opinions } from "@fairlead/control-plane/health";
import type { RegisteredService } from "@fairlead/control-plane/registry";
import { type EndpointId, KeyedCell, newMetrics, type Rng, type ServiceName, seeded } from "@fairlead/shared";
import { FakeClock, RecordedLog } from "@fairlead/shared/testing";

const SHOP = "shop" as ServiceName;
/** Each caller reports so often, at a time of its own. */
const REPORT_S = 5;
const USUAL_MS = 10;
/** What goes wrong anyway. */
const USUAL_FAILS = 0.01;

/** How an endpoint does for a caller while one report lasts. */
export interface Doing {
  /** Share of the requests that fail. */
  readonly fails?: number;
  /** How many times slower than usual. */
  readonly slower?: number;
  /** Share of the time in which it answers nothing, and then everything a second late. */
  readonly paused?: number;
}

export interface FleetSpec {
  readonly callers: number;
  readonly endpoints: number;
  /** Requests per second and pair, of this caller. */
  readonly loudness?: (caller: number) => number;
  /** @param seconds since the start */
  readonly doing: (at: { readonly caller: number; readonly endpoint: number; readonly seconds: number }) => Doing;
}

/** Callers that share their requests by the weights they are told, and report; the verdicts on what they report are the real ones. */
export class Fleet {
  readonly callers: Callers;
  readonly judge: Judge;
  readonly log = new RecordedLog();
  /** Checks out of turn, by endpoint. */
  readonly probes = new Map<EndpointId, number>();
  /** Verdicts that turned unhealthy. */
  ejections = 0;
  entries = 0;
  readonly #spec: FleetSpec;
  readonly #clock = new FakeClock();
  readonly #rng: Rng = seeded(17);
  readonly #ids: readonly EndpointId[];
  readonly #opinions = new KeyedCell<ServiceName, ReadonlyMap<EndpointId, Opinion>>();
  #seconds = 0;

  constructor(spec: FleetSpec) {
    this.#spec = spec;
    this.#ids = Array.from({ length: spec.endpoints }, (_, at) => `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}:80` as EndpointId);
    const services = new KeyedCell<ServiceName, RegisteredService>();
    services.update([[SHOP, registered(this.#ids)]]);
    this.#opinions.update([[SHOP, new Map(this.#ids.map((id) => [id, passed(0)]))]]);
    const around = { services, clock: this.#clock, log: this.log, metrics: newMetrics() };
    this.callers = new Callers(around);
    this.judge = new Judge({
      ...around,
      checks: this.#checks(),
      callers: this.callers,
      votes: NO_VOTES,
      confirmations: new KeyedCell(),
      settingsOf: () => ({ safety: "standard" }),
      served: () => ({}),
    });
    const out = new Set<EndpointId>();
    this.judge.verdicts.watch((all) => {
      for (const [id, { status }] of all.get(SHOP) ?? []) {
        if (status !== "unhealthy") out.delete(id);
        else if (!out.has(id)) {
          out.add(id);
          this.ejections += 1;
        }
      }
    });
  }

  get seconds(): number {
    return this.#seconds;
  }

  /** What it gets of its fair share of requests: 0 when it is out. */
  shareOf(endpoint: number): number {
    const id = this.#ids[endpoint];
    const verdict = id === undefined ? undefined : this.judge.verdicts.value.get(SHOP)?.get(id);
    if (verdict === undefined || verdict.status === "unhealthy") return verdict === undefined ? 1 : 0;
    const { ramp, share } = verdict;
    return ramp === undefined ? share : share * Math.max(0.1, (this.#clock.wallMs() - ramp.startMs) / ramp.ms);
  }

  get view() {
    return this.callers.services.value.get(SHOP);
  }

  /** Lets a second go by, in which a fifth of the callers report. */
  second(): void {
    const shares = this.#ids.map((_, endpoint) => this.shareOf(endpoint));
    const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
    for (let caller = this.#seconds % REPORT_S; caller < this.#spec.callers; caller += REPORT_S) {
      const loudness = this.#spec.loudness?.(caller) ?? 1;
      const loads = this.#ids.map((id, endpoint) => {
        const requests = this.#whole((loudness * REPORT_S * (shares[endpoint] ?? 0)) / mean);
        return { endpoint: id as string, ...this.#outcome(requests, this.#spec.doing({ caller, endpoint, seconds: this.#seconds })) };
      });
      this.entries += loads.length;
      this.callers.reported({ identity: `caller-${caller}`, zone: "a" }, SHOP, loads);
    }
    this.#clock.advance(1_000);
    this.#seconds += 1;
  }

  run(seconds: number): this {
    for (let passed = 0; passed < seconds; passed++) this.second();
    return this;
  }

  /** @returns seconds until it holds */
  until(what: string, holds: () => boolean, limitS: number): number {
    const startS = this.#seconds;
    while (!holds()) {
      if (this.#seconds - startS >= limitS) throw new Error(`${what}: not within ${limitS} s`);
      this.second();
    }
    return this.#seconds - startS;
  }

  #outcome(requests: number, { fails = USUAL_FAILS, slower = 1, paused = 0 }: Doing) {
    let failed = 0;
    for (let one = 0; one < requests; one++) if (this.#rng.next() < fails) failed += 1;
    const isLate = this.#whole(requests * paused) * 2 > requests;
    const medianMs = isLate ? 500 : USUAL_MS * slower * (0.8 + 0.4 * this.#rng.next());
    return { succeeded: requests - failed, failed, medianMs: requests === 0 ? undefined : medianMs };
  }

  /** A whole number that is `amount` on average. */
  #whole(amount: number): number {
    const floor = Math.floor(amount);
    return floor + (this.#rng.next() < amount - floor ? 1 : 0);
  }

  /** Checks that pass always: what callers meet is all there is. One out of turn in a second. */
  #checks(): Opinions {
    const probedMs = new Map<EndpointId, number>();
    return {
      opinions: this.#opinions,
      noticedMs: () => undefined,
      detail: (_service, id) => this.#opinions.value.get(SHOP)?.get(id),
      probeSoon: (_service, id) => {
        const nowMs = this.#clock.nowMs();
        if (nowMs - (probedMs.get(id) ?? Number.NEGATIVE_INFINITY) < 1_000) return;
        probedMs.set(id, nowMs);
        this.probes.set(id, (this.probes.get(id) ?? 0) + 1);
        this.#clock.schedule(1, () => {
          this.#opinions.update([[SHOP, new Map(this.#opinions.value.get(SHOP)).set(id, passed(this.#clock.wallMs()))]]);
        });
      },
    };
  }
}

function passed(atMs: number): Opinion {
  const last = { outcome: "passed" as const, detail: "status 200", atMs, tookMs: 1 };
  return { status: "healthy", because: "the first check passed", sinceMs: 0, kind: undefined, last, disagreeing: 0, refusing: false };
}

function registered(ids: readonly EndpointId[]): RegisteredService {
  const endpoints = ids.map((id) => {
    const ip = id.slice(0, id.indexOf(":"));
    return [
      id,
      { endpoint: { id, ip, port: 80, weight: 100, zone: "a", place: "bench" }, sources: ["bench"], sinceMs: 0, hold: undefined },
    ] as const;
  });
  return {
    name: SHOP,
    endpoints: new Map(endpoints),
    contributions: [],
    settled: { kind: "settled" },
    goneSinceMs: undefined,
    confirmed: undefined,
  };
}
