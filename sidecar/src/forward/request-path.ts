import type { EndpointId, Rng } from "@fairlead/shared";
import type { Lease, Outcome, Pick } from "../balancer/index.js";
import type { ActiveCluster, ClusterTable } from "../clusters/index.js";
import { deadlineOf, hasPassed, isIdempotent, mayRetry, patienceMs, RequestQueue } from "../resilience/index.js";
import { type Affinity, affinityOf } from "./affinity.js";
import { ClusterCounters } from "./cluster-counters.js";
import { type Arrival, type Decision, type RequestFacts, type RequestPath, Try, type Waiting } from "./engine.js";
import { isHedgeable, type Rival } from "./hedging.js";
import { LIMITS } from "./limits.js";
import type { LoadShed } from "./load-shed.js";
import { type LocalReply, localReply, REPLY_REASONS, type Reason } from "./local-reply.js";
import { type RoutingTable, serviceOf } from "./routing.js";
import { StreamPath } from "./tcp/stream-path.js";

export interface ForwardPathOptions {
  /** One reference read per decision; whoever holds the table replaces it whole. */
  readonly table: () => ClusterTable;
  readonly routing: RoutingTable;
  /** For the keys of callers that have none. */
  readonly rng: Rng;
  /** Refuses new requests while this process is overloaded. */
  readonly shed?: LoadShed;
}

const DONE: Decision = { kind: "done" };
const NOBODY: readonly EndpointId[] = [];
const nothing = (): void => undefined;
const NO_AFFINITY = { hash: undefined, seat: undefined };

const MOST_QUEUED = LIMITS["queued-requests"].value;
const QUEUE_MS = LIMITS["queue-time"].value;

/** What is kept of a request until there is a place for it. */
interface Pending {
  readonly method: string;
  readonly counters: ClusterCounters;
  readonly cluster: ActiveCluster;
  readonly affinity: Affinity | undefined;
  readonly beganMs: number;
  readonly deadlineMs: number;
}

interface Queued {
  readonly pending: Pending;
  readonly waiting: Waiting;
}

type Failure = Extract<Outcome, { kind: "failure" }>;

/** The life of a request, as decisions: check, route, breaker, pick; then, per outcome, the next try, an answer, or the end. */
export class ForwardPath implements RequestPath {
  readonly #options: ForwardPathOptions;
  /** One per upstream of the configuration, so their number is bounded by it. */
  readonly #counters: ReadonlyMap<string, ClusterCounters>;
  readonly streams: StreamPath;
  /** One per service, like the counters. */
  readonly #queues: ReadonlyMap<string, RequestQueue<Queued>>;
  readonly #replies: Map<Reason, number> = new Map(REPLY_REASONS.map((reason) => [reason, 0]));

  constructor(options: ForwardPathOptions) {
    this.#options = options;
    this.#counters = new Map([...options.routing.upstreams].map((service) => [service, new ClusterCounters()]));
    this.#queues = new Map([...options.routing.upstreams].map((service) => [service, new RequestQueue<Queued>()]));
    const { table, rng, shed } = options;
    this.streams = new StreamPath({ table, rng, shed, counters: this.#counters });
  }

  /** By service. */
  get counters(): ReadonlyMap<string, ClusterCounters> {
    return this.#counters;
  }

  /** Local replies by reason, those to no service in particular included. */
  get replies(): ReadonlyMap<Reason, number> {
    return this.#replies;
  }

  begin(arrival: Arrival, nowMs: number): Decision {
    const service = serviceOf(arrival.route, arrival.head.hostName, this.#options.routing);
    if (!service.ok) return this.#answer("no-route", service.error);
    const cluster = this.#options.table().get(service.value);
    const counters = this.#counters.get(service.value);
    if (cluster === undefined || counters === undefined) {
      return this.#answer(
        "not-ready",
        `"${service.value}" has no applied cluster and assignment yet, neither from the control plane nor from disk.`,
        counters,
      );
    }
    if (cluster.config.protocol === "tcp") {
      return this.#answer("not-http", `"${service.value}" has protocol tcp: it takes connections, not requests.`, counters);
    }
    const { shed } = this.#options;
    if (shed?.refuses() === true) return this.#answer("shed", `Refused to protect the others: ${shed.why}.`, counters);
    const { head, peerIp } = arrival;
    const pending: Pending = {
      method: head.method,
      counters,
      cluster,
      affinity: this.#affinityOf(cluster, head, peerIp),
      beganMs: nowMs,
      deadlineMs: Math.min(deadlineOf(nowMs, cluster.route.timeoutMs), nowMs + head.callerTimeoutMs),
    };
    return counters.limits.enter(cluster.config.maxRequests) ? this.#admit(pending, cluster, nowMs) : this.#queue(pending);
  }

  /** It has a place among the requests under way. */
  #admit(pending: Pending, cluster: ActiveCluster, nowMs: number): Decision {
    const { method, counters, affinity, beganMs, deadlineMs } = pending;
    const pick = cluster.picker.pick({ nowMs, exclude: NOBODY, hash: affinity?.hash, seat: affinity?.seat });
    if (pick.kind === "refused") {
      counters.limits.leave();
      return this.#answer(pick.reason, `"${cluster.name}" has no usable endpoint among ${cluster.endpoints.length}.`, counters);
    }
    this.#options.shed?.entered();
    counters.limits.began(nowMs);
    return {
      kind: "try",
      attempt: new Try({ method, counters, beganMs, triedMs: nowMs, deadlineMs, cluster, lease: pick.lease, affinity }),
    };
  }

  #queue(pending: Pending): Decision {
    const { counters, cluster, beganMs, deadlineMs } = pending;
    const { name } = cluster;
    const { maxRequests } = cluster.config;
    const dueMs = Math.min(beganMs + QUEUE_MS, deadlineMs);
    const queue = this.#queues.get(name);
    const queued: Queued = { pending, waiting: { service: name, dueMs, onTurn: nothing, end: (isLate) => this.#endWait(queued, isLate) } };
    if (queue?.join(queued, Math.min(MOST_QUEUED, maxRequests)) !== true) {
      const detail = `"${name}" has ${maxRequests} requests under way, its limit, and ${counters.queued} more wait.`;
      return this.#answer("overloaded", detail, counters);
    }
    counters.queued++;
    counters.queuedTotal++;
    return { kind: "wait", waiting: queued.waiting };
  }

  #endWait(queued: Queued, isLate: boolean): Decision {
    const { cluster, counters } = queued.pending;
    this.#queues.get(cluster.name)?.leave(queued);
    counters.queued--;
    if (!isLate) return DONE;
    return this.#answer("overloaded", `"${cluster.name}" had as many requests under way as may be, for too long.`, counters);
  }

  /** A request has left its place: who waits may have it. */
  #serve({ name, config }: ActiveCluster, counters: ClusterCounters, nowMs: number): void {
    this.#queues.get(name)?.serve(
      () => counters.limits.enter(this.#options.table().get(name)?.config.maxRequests ?? config.maxRequests),
      ({ pending, waiting }) => {
        counters.queued--;
        waiting.onTurn(this.#admit(pending, this.#options.table().get(name) ?? pending.cluster, nowMs));
      },
    );
  }

  outcome(attempt: Try, outcome: Outcome, nowMs: number): Decision {
    attempt.lease.release(outcome, nowMs);
    if (outcome.kind !== "failure") return this.#finish(attempt, outcome.kind === "success" ? outcome.status : undefined, nowMs);
    if (!outcome.sent) attempt.counters.connectFailures++;
    if (this.#tryAgain(attempt, outcome, nowMs)) return { kind: "try", attempt };
    if (attempt.answered) return this.#finish(attempt, undefined, nowMs);
    const reply = this.#reply(reasonOf(outcome), detailOf(attempt, outcome), attempt);
    this.#finish(attempt, reply.status, nowMs);
    return { kind: "answer", reply };
  }

  /** Only where the retry is certain to be allowed and to have somewhere to go: else waiting is the better chance. */
  isStranded(attempt: Try, nowMs: number): boolean {
    const { lease, method, answered, bodyTaken, tries, counters } = attempt;
    const { id, health } = lease.endpoint.endpoint;
    const cluster = this.#options.table().get(attempt.cluster.name);
    if (health !== "unhealthy" || cluster === undefined || cluster.verdictsExpired || cluster.candidates.mode !== "healthy") return false;
    const { config, route, candidates } = cluster;
    if (nowMs - attempt.triedMs < patienceMs(attempt.cluster.route.timeoutMs)) return false;
    if (!mayRetry({ method, sent: true, answered, bodyTaken, tries, retryAttempts: route.retryAttempts })) return false;
    if (!counters.limits.hasRoomForRetry(config.retryBudgetPercent, nowMs, attempt.retrying)) return false;
    return candidates.endpoints.some(({ endpoint }) => endpoint.id !== id && !attempt.tried.includes(endpoint.id));
  }

  hedge(attempt: Try, nowMs: number): Rival | undefined {
    const { counters, tried, cluster, lease, triedMs, reused } = attempt;
    const current = this.#options.table().get(cluster.name);
    if (current === undefined || !isHedgeable(attempt, current, nowMs) || this.#options.shed?.isShedding === true) return undefined;
    const percents = { hedge: current.route.hedgePercent, retry: current.config.retryBudgetPercent };
    if (!counters.limits.hasRoomForHedge(percents, nowMs, attempt.retrying)) {
      counters.hedgesDenied++;
      return undefined;
    }
    const pick = current.picker.pick({ nowMs, exclude: [...tried, lease.endpoint.endpoint.id], ...NO_AFFINITY });
    if (pick.kind === "refused") return undefined;
    tried.push(lease.endpoint.endpoint.id);
    counters.limits.enterHedge(nowMs, attempt.retrying);
    counters.hedges++;
    attempt.retrying = true;
    attempt.cluster = current;
    attempt.lease = pick.lease;
    attempt.reused = false;
    attempt.tries++;
    attempt.triedMs = nowMs;
    return { cluster, lease, triedMs, reused };
  }

  lost({ tried, counters }: Try, lease: Lease, outcome: Outcome, nowMs: number): void {
    tried.push(lease.endpoint.endpoint.id);
    lease.release(outcome, nowMs);
    if (outcome.kind === "failure" && !outcome.sent) counters.connectFailures++;
  }

  reply(reason: Reason, detail: string): LocalReply {
    return this.#reply(reason, detail, { counters: undefined });
  }

  /** Moves `attempt` to another endpoint if that is safe, within the budget, and there is one. */
  #tryAgain(attempt: Try, outcome: Failure, nowMs: number): boolean {
    const { counters, method, cluster } = attempt;
    const { sent } = outcome;
    const { answered, bodyTaken, tries } = attempt;
    if (hasPassed(attempt.deadlineMs, nowMs)) return false;
    if (!mayRetry({ method, sent, answered, bodyTaken, tries, retryAttempts: cluster.route.retryAttempts })) return false;
    // What was never sent costs nobody anything, wherever else it goes.
    if (sent && !counters.limits.hasRoomForRetry(cluster.config.retryBudgetPercent, nowMs, attempt.retrying)) {
      counters.retriesDenied++;
      return false;
    }
    // The table may have moved on since the first try; what it says now is better.
    const current = this.#options.table().get(cluster.name) ?? cluster;
    const pick = this.#pickAgain(attempt, outcome, current, nowMs);
    if (pick.kind === "refused") return false;
    if (sent) {
      counters.limits.enterRetry(nowMs, attempt.retrying);
      attempt.retrying = true;
    }
    attempt.cluster = current;
    attempt.lease = pick.lease;
    attempt.reused = false;
    attempt.tries++;
    attempt.triedMs = nowMs;
    counters.retries++;
    return true;
  }

  /** Never an endpoint that failed, but for one case: the only endpoint closed an idle connection just as we used it. */
  #pickAgain(attempt: Try, outcome: Failure, cluster: ActiveCluster, nowMs: number): Pick {
    attempt.tried.push(attempt.lease.endpoint.endpoint.id);
    const { hash, seat } = attempt.affinity ?? NO_AFFINITY;
    const pick = cluster.picker.pick({ nowMs, exclude: attempt.tried, hash, seat });
    const isKeepAliveRace = outcome.code === "reset" && attempt.reused && isIdempotent(attempt.method);
    return pick.kind === "refused" && isKeepAliveRace ? cluster.picker.pick({ nowMs, exclude: NOBODY, hash, seat }) : pick;
  }

  #affinityOf({ config, route }: ActiveCluster, head: RequestFacts, peerIp: string): Affinity | undefined {
    const { policy } = config.picking;
    if (route.hashOn.length === 0 || (policy !== "maglev" && policy !== "ring-hash")) return undefined;
    return affinityOf(route.hashOn, head, { peerIp, rng: this.#options.rng });
  }

  #finish(attempt: Try, status: number | undefined, nowMs: number): Decision {
    const { counters } = attempt;
    counters.limits.leave();
    this.#options.shed?.left();
    if (attempt.retrying) counters.limits.leaveRetry();
    counters.finish(status, nowMs - attempt.beganMs);
    if (counters.queued > 0) this.#serve(attempt.cluster, counters, nowMs);
    return DONE;
  }

  #answer(reason: Reason, detail: string, counters?: ClusterCounters): Decision {
    return { kind: "answer", reply: this.#reply(reason, detail, { counters }) };
  }

  /** @param of the request as far as it came; with tries where it had some */
  #reply(reason: Reason, detail: string, of: { readonly counters: ClusterCounters | undefined; readonly tries?: number }): LocalReply {
    this.#replies.set(reason, (this.#replies.get(reason) ?? 0) + 1);
    of.counters?.replied(reason);
    return localReply(reason, detail, of.tries === undefined ? undefined : of.tries - 1);
  }
}

function reasonOf({ code, sent }: Failure): Reason {
  switch (code) {
    case "connect-refused":
    case "connect-timeout":
    case "connect-failed":
      return "upstream-unreachable";
    case "reset":
      return sent ? "upstream-reset" : "upstream-unreachable";
    case "timeout":
      return "upstream-timeout";
    case "bad-response":
      return "upstream-bad-response";
  }
}

function detailOf(attempt: Try, { code }: Failure): string {
  const tries = attempt.tries === 1 ? "the only try" : `the last of ${attempt.tries} tries`;
  return `"${attempt.cluster.name}": ${tries} ended with ${code} at ${attempt.lease.endpoint.endpoint.id}.`;
}
