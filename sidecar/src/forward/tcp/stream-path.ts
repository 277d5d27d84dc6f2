import { type EndpointId, fail, ok, type Protocol, type Result, type Rng } from "@fairlead/shared";
import type { FailureCode, Lease, Outcome } from "../../balancer/index.js";
import type { ActiveCluster, ClusterTable } from "../../clusters/index.js";
import { mayRetry } from "../../resilience/index.js";
import { affinityOf } from "../affinity.js";
import type { ClusterCounters } from "../cluster-counters.js";
import type { RequestFacts } from "../engine.js";
import type { LoadShed } from "../load-shed.js";
import type { Reason } from "../local-reply.js";
import { StreamCounters, type StreamEnd } from "./stream-counters.js";

/** One TCP connection of a caller, from its pick to its end. */
export interface Stream {
  readonly service: string;
  readonly hash: number | undefined;
  readonly tried: EndpointId[];
  readonly requests: ClusterCounters;
  readonly counters: StreamCounters;
  cluster: ActiveCluster;
  lease: Lease;
}

export interface StreamPathOptions {
  readonly table: () => ClusterTable;
  /** By service: the same limits as for requests, since a service is one or the other. */
  readonly counters: ReadonlyMap<string, ClusterCounters>;
  readonly rng: Rng;
  readonly shed: LoadShed | undefined;
}

/** A connection that stands is all the answer that TCP gives: what a status below 500 is. */
const CONNECTED = 200;
/** A connection has no request: no part of one can be hashed. */
const NO_REQUEST: RequestFacts = { method: "", hostName: "", path: "", headers: [], callerTimeoutMs: Number.POSITIVE_INFINITY };

/** The life of a TCP connection, as decisions: breaker, pick, another endpoint where the connect failed. */
export class StreamPath {
  readonly #options: StreamPathOptions;
  readonly #counters: ReadonlyMap<string, StreamCounters>;

  constructor(options: StreamPathOptions) {
    this.#options = options;
    this.#counters = new Map([...options.counters.keys()].map((service) => [service, new StreamCounters()]));
  }

  /** By service. */
  get counters(): ReadonlyMap<string, StreamCounters> {
    return this.#counters;
  }

  /** Undefined while the service is not known yet: then nobody can say what its callers speak. */
  protocolOf(service: string): Protocol | undefined {
    return this.#options.table().get(service)?.config.protocol;
  }

  /** Fails with the reason to refuse it. */
  open(service: string, peerIp: string, nowMs: number): Result<Stream, Reason> {
    const cluster = this.#options.table().get(service);
    const requests = this.#options.counters.get(service);
    const counters = this.#counters.get(service);
    if (cluster === undefined || requests === undefined || counters === undefined) return fail("not-ready");
    const refuse = (reason: Reason) => {
      requests.replied(reason);
      counters.end("refused");
      return fail(reason);
    };
    const { shed } = this.#options;
    if (shed?.refuses() === true) return refuse("shed");
    if (!requests.limits.enter(cluster.config.maxRequests)) return refuse("overloaded");
    const hash = this.#hashOf(cluster, peerIp);
    const pick = cluster.picker.pick({ nowMs, exclude: [], hash });
    if (pick.kind === "refused") {
      requests.limits.leave();
      return refuse(pick.reason);
    }
    shed?.entered();
    counters.open++;
    requests.connectionsOpen++;
    requests.connectionsOpened++;
    return ok({ service, hash, tried: [], requests, counters, cluster, lease: pick.lease });
  }

  /** The connection stands. It lasts as long as the two ends like, which says nothing of how quick the endpoint is. */
  connected(stream: Stream, nowMs: number): void {
    stream.lease.answered(CONNECTED, nowMs);
    stream.lease.lasts(nowMs);
  }

  /** Whether another endpoint is to be tried: `stream.lease` is then its. Else the stream has ended. */
  connectFailed(stream: Stream, code: FailureCode, nowMs: number): boolean {
    stream.lease.release({ kind: "failure", code, sent: false }, nowMs);
    stream.requests.connectFailures++;
    if (this.#pickAgain(stream, nowMs)) return true;
    stream.requests.replied("upstream-unreachable");
    this.#leave(stream, "unreachable");
    return false;
  }

  /** Exactly once, unless `connectFailed` has ended it. */
  ended(stream: Stream, outcome: Outcome, how: StreamEnd, nowMs: number): void {
    stream.lease.release(outcome, nowMs);
    this.#leave(stream, how);
  }

  #pickAgain(stream: Stream, nowMs: number): boolean {
    const cluster = this.#options.table().get(stream.service) ?? stream.cluster;
    stream.tried.push(stream.lease.endpoint.endpoint.id);
    const tries = stream.tried.length;
    // Nothing was sent: any method may be repeated.
    const failed = { method: "CONNECT", sent: false, answered: false, bodyTaken: false, tries, retryAttempts: cluster.route.retryAttempts };
    if (!mayRetry(failed)) return false;
    const pick = cluster.picker.pick({ nowMs, exclude: stream.tried, hash: stream.hash });
    if (pick.kind === "refused") return false;
    stream.cluster = cluster;
    stream.lease = pick.lease;
    stream.counters.retries++;
    stream.requests.connectionsOpened++;
    return true;
  }

  #leave({ requests, counters }: Stream, how: StreamEnd): void {
    requests.limits.leave();
    this.#options.shed?.left();
    requests.connectionsOpen--;
    counters.open--;
    counters.end(how);
  }

  #hashOf({ config: { picking }, route }: ActiveCluster, peerIp: string): number | undefined {
    if (picking.policy !== "maglev" && picking.policy !== "ring-hash") return undefined;
    const hashOn = route.hashOn.filter(({ kind }) => kind === "source-ip");
    return affinityOf(hashOn, NO_REQUEST, { peerIp, rng: this.#options.rng }).hash;
  }
}
