import type { Clock, Rng } from "@fairlead/shared";
import type { Outcome } from "@fairlead/sidecar/balancer";
import type { ControlPlaneWorld } from "./simulated-control-plane.js";

type Probe = ControlPlaneWorld["probe"];
type ProbeAnswer = Awaited<ReturnType<Probe["send"]>>;

/**
 * - `up`: answers everything
 * - `ailing`: answers requests, but its health check with 503
 * - `refusing`: its process is gone, its host is there
 * - `silent`: its host is gone, or a network away
 */
export type BackendState = "up" | "ailing" | "refusing" | "silent";

/** A request that has reached a backend. */
interface Flight {
  readonly address: string;
  /** The answer is ready but nobody can send it. */
  waiting: boolean;
  readonly answer: () => void;
  readonly reset: () => void;
}

/** Checks come every 700 ms: by then one has passed. */
const PASSES_MS = 2_000;
const LATENCY_MS = { least: 1, most: 20 };

/** Whatever listens at an address. An address nobody mentioned refuses. */
export class SimulatedBackends {
  readonly #clock: Clock;
  readonly #rng: Rng;
  readonly #states = new Map<string, { readonly state: BackendState; readonly sinceMs: number }>();
  readonly #leftAtMs = new Map<string, number>();
  readonly #passedAtMs = new Map<string, number>();
  readonly #flights = new Set<Flight>();

  constructor({ clock, rng }: { readonly clock: Clock; readonly rng: Rng }) {
    this.#clock = clock;
    this.#rng = rng;
  }

  stateOf(address: string): BackendState {
    return this.#states.get(address)?.state ?? "refusing";
  }

  /** How long it has been in its state. */
  steadyMs(address: string): number {
    return this.#clock.nowMs() - (this.#states.get(address)?.sinceMs ?? 0);
  }

  /** Whether it was in `state` at any time in the last `withinMs`. */
  wasRecently(address: string, state: BackendState, withinMs: number): boolean {
    const leftAtMs = this.#leftAtMs.get(`${state} ${address}`) ?? Number.NEGATIVE_INFINITY;
    return this.stateOf(address) === state || this.#clock.nowMs() - leftAtMs <= withinMs;
  }

  /** Whether it refuses, or did and has not been up long enough since for every check to have passed. */
  mayCountAsRefusing(address: string): boolean {
    const state = this.stateOf(address);
    if (state === "refusing") return true;
    if (state === "up" && this.steadyMs(address) >= PASSES_MS) return false;
    const refusedAtMs = this.#leftAtMs.get(`refusing ${address}`) ?? Number.NEGATIVE_INFINITY;
    return refusedAtMs > (this.#passedAtMs.get(address) ?? Number.NEGATIVE_INFINITY);
  }

  set(address: string, state: BackendState): void {
    const before = this.stateOf(address);
    if (before === state) return;
    const nowMs = this.#clock.nowMs();
    if (before === "up" && this.steadyMs(address) >= PASSES_MS) this.#passedAtMs.set(address, nowMs);
    this.#leftAtMs.set(`${before} ${address}`, nowMs);
    this.#states.set(address, { state, sinceMs: nowMs });
    for (const flight of [...this.#flights]) {
      if (flight.address !== address) continue;
      if (state === "refusing") flight.reset();
      else if (state !== "silent" && flight.waiting) flight.answer();
    }
  }

  /** Checks as one run of a control plane sends them. */
  probe(clock: Clock): Probe {
    return {
      send: ({ ip, port, check }) =>
        new Promise((resolve) => {
          const address = `${ip}:${port}`;
          if (this.stateOf(address) === "silent") {
            clock.schedule(check.timeoutMs, () => resolve({ outcome: "timeout", detail: `nothing within ${check.timeoutMs} ms` }));
          } else {
            clock.schedule(this.#latencyMs(), () => resolve(answerTo(check.type, this.stateOf(address))));
          }
        }),
    };
  }

  /** One try of a request; `done` is called once, unless the backend falls silent with the request in hand. */
  request(address: string, { clock, connectTimeoutMs }: Caller, done: (outcome: Outcome) => void): void {
    const state = this.stateOf(address);
    if (state === "refusing") {
      clock.schedule(LATENCY_MS.least, () => done({ kind: "failure", code: "connect-refused", sent: false }));
    } else if (state === "silent") {
      clock.schedule(connectTimeoutMs, () => done({ kind: "failure", code: "connect-timeout", sent: false }));
    } else {
      this.#fly(address, clock, done);
    }
  }

  #fly(address: string, clock: Clock, done: (outcome: Outcome) => void): void {
    const end = (outcome: Outcome) => {
      if (this.#flights.delete(flight)) done(outcome);
    };
    const flight: Flight = {
      address,
      waiting: false,
      answer: () => end({ kind: "success", status: 200 }),
      reset: () => end({ kind: "failure", code: "reset", sent: true }),
    };
    this.#flights.add(flight);
    clock.schedule(this.#latencyMs(), () => {
      if (this.stateOf(address) === "silent") flight.waiting = true;
      else flight.answer();
    });
  }

  #latencyMs(): number {
    return LATENCY_MS.least + this.#rng.next() * (LATENCY_MS.most - LATENCY_MS.least);
  }
}

interface Caller {
  readonly clock: Clock;
  readonly connectTimeoutMs: number;
}

function answerTo(check: "http" | "tcp", state: BackendState): ProbeAnswer {
  if (state === "refusing") return { outcome: "refused", detail: "connection refused" };
  if (state === "silent") return { outcome: "timeout", detail: "it fell silent" };
  if (state === "ailing" && check === "http") return { outcome: "failed", detail: "status 503, expected 200-299" };
  return { outcome: "passed", detail: "status 200" };
}
