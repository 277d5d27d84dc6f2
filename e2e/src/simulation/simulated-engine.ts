import { fail, ok, type Result } from "@fairlead/shared";
import type { Outcome } from "@fairlead/sidecar/balancer";
import type { Engine, ListenerSpec, Listening } from "@fairlead/sidecar/forward";
import type { Lifetime } from "./lifetime.js";
import type { SimulatedBackends } from "./simulated-backends.js";

type RequestPath = Parameters<Engine["listen"]>[1];
type Decision = ReturnType<RequestPath["begin"]>;
type Attempt = Extract<Decision, { kind: "try" }>["attempt"];

export type RequestEnd =
  | { readonly kind: "answered"; readonly by: string }
  | { readonly kind: "lost"; readonly status: number; readonly reason: string; readonly detail: string };

/** A request and what became of it. */
export interface SimulatedRequest {
  readonly service: string;
  readonly beganMs: number;
  readonly tries: { readonly address: string; outcome: Outcome | undefined }[];
  end: RequestEnd | undefined;
}

export interface SimulatedEngineDeps {
  /** Of the process it is in: what backends tell a dead one nobody hears. */
  readonly lifetime: Lifetime;
  readonly backends: SimulatedBackends;
  /** Called when a request has ended. */
  readonly onEnd: (request: SimulatedRequest) => void;
}

/** Drives the real request path against simulated backends. Every decision is asked for and taken in one synchronous call. */
export class SimulatedEngine implements Engine {
  readonly #deps: SimulatedEngineDeps;
  readonly #listeners = new Map<string, { readonly spec: ListenerSpec; readonly path: RequestPath }>();

  constructor(deps: SimulatedEngineDeps) {
    this.#deps = deps;
  }

  listen(spec: ListenerSpec, path: RequestPath): Promise<Result<Listening>> {
    if (spec.route.kind !== "service") return Promise.resolve(fail("the simulation sends requests to services only"));
    this.#listeners.set(spec.route.service, { spec, path });
    return Promise.resolve(ok({ host: spec.host, port: spec.port, close: () => undefined }));
  }

  drain(): Promise<void> {
    this.#listeners.clear();
    return Promise.resolve();
  }

  /** Sends a GET to a service. */
  get(service: string): SimulatedRequest {
    const listener = this.#listeners.get(service);
    if (listener === undefined) throw new Error(`nobody listens for ${service}`);
    const request: SimulatedRequest = { service, beganMs: this.#deps.lifetime.clock.nowMs(), tries: [], end: undefined };
    const facts = { method: "GET", hostName: service, path: "/", headers: ["Host", service] };
    const head = { ...facts, callerTimeoutMs: Number.POSITIVE_INFINITY };
    const { spec, path } = listener;
    this.#follow(request, path, path.begin({ head, route: spec.route, peerIp: "127.0.0.1" }, request.beganMs));
    return request;
  }

  #follow(request: SimulatedRequest, path: RequestPath, decision: Decision): void {
    if (decision.kind === "try") {
      this.#try(request, path, decision.attempt);
      return;
    }
    if (decision.kind === "wait") {
      const { waiting } = decision;
      const { clock } = this.#deps.lifetime;
      const timer = clock.schedule(waiting.dueMs - clock.nowMs(), () => this.#follow(request, path, waiting.end(true)));
      waiting.onTurn = (turn) => {
        timer.cancel();
        this.#follow(request, path, turn);
      };
      return;
    }
    if (decision.kind === "done") {
      request.end = { kind: "answered", by: request.tries.at(-1)?.address ?? "" };
    } else {
      const { status, reason, body } = decision.reply;
      request.end = { kind: "lost", status, reason, detail: (JSON.parse(body) as { detail: string }).detail };
    }
    this.#deps.onEnd(request);
  }

  #try(request: SimulatedRequest, path: RequestPath, attempt: Attempt): void {
    const { lifetime, backends } = this.#deps;
    const { clock } = lifetime;
    const entry: SimulatedRequest["tries"][number] = { address: attempt.lease.endpoint.endpoint.id, outcome: undefined };
    request.tries.push(entry);
    const finish = (outcome: Outcome) => {
      if (entry.outcome !== undefined || lifetime.isOver) return;
      entry.outcome = outcome;
      timer.cancel();
      if (outcome.kind === "success") attempt.answerBegan(outcome.status, clock.nowMs());
      this.#follow(request, path, path.outcome(attempt, outcome, clock.nowMs()));
    };
    const timer = clock.schedule(attempt.tryDueMs - clock.nowMs(), () => finish({ kind: "failure", code: "timeout", sent: true }));
    backends.request(entry.address, { clock, connectTimeoutMs: attempt.cluster.config.connectTimeoutMs }, finish);
  }
}
