// One stream of load reports (LRS) without the stream: a request, a view or the time goes in, what to do comes out.

import { durationFromMs, type LoadStatsRequest__Output, type LoadStatsResponse, RESOURCE_TYPES } from "@fairlead/proto";
import type { XdsLimits } from "./limits.js";
import { type LoadObserver, type LoadReporter, readClusterLoad } from "./load-report.js";
import type { ResourceSets, XdsNode } from "./resource-set.js";
import { STATUS, type StreamStatus } from "./stream-machine.js";
import { readNode } from "./stream-request.js";

export type LoadStep =
  /** The client must be told the names to report on: give the machine this node's view, now and whenever it changes. */
  | { readonly kind: "watch"; readonly node: XdsNode }
  | { readonly kind: "send"; readonly message: LoadStatsResponse }
  /** Last of all. */
  | { readonly kind: "close"; readonly status: StreamStatus };

export interface LoadStreamOptions {
  readonly streamId: number;
  readonly peer: string;
  readonly nowMs: () => number;
  readonly limits: XdsLimits;
  readonly observer: LoadObserver;
  /** Whether this node may report: undefined, or why not. */
  readonly refusalOf: (node: XdsNode) => StreamStatus | undefined;
}

/** A client that has it reports on whatever it calls, without being told names. */
const SENDS_ALL = "envoy.lrs.supports_send_all_clusters";
/** Clients send one per interval; one that is asked anew may send another. */
const REPORTS_PER_INTERVAL = 10;

export class LoadStream {
  readonly #options: LoadStreamOptions;
  #reporter: LoadReporter | undefined;
  #asked: readonly string[] | undefined;
  /** Reports since `#windowMs`. */
  #reports = 0;
  #windowMs = 0;
  #closed = false;

  constructor(options: LoadStreamOptions) {
    this.#options = options;
  }

  request(request: LoadStatsRequest__Output): readonly LoadStep[] {
    if (this.#closed) return [];
    const opening = this.#reporter === undefined ? this.#open(readNode(request.node)) : [];
    const { limits, observer } = this.#options;
    if (this.#reporter === undefined || request.cluster_stats.length === 0) return opening;
    if (this.#isTooFast()) {
      return this.#close({
        code: STATUS.resourceExhausted,
        details: `more than ${REPORTS_PER_INTERVAL} load reports within ${limits.loadIntervalMs} ms: report as often as you are asked to`,
      });
    }
    const loads = request.cluster_stats.flatMap((stats) => readClusterLoad(stats, limits) ?? []);
    observer.reported(this.#reporter, loads);
    return opening;
  }

  /** For a client that must be told names: those of the clusters it is served. */
  view(sets: ResourceSets): readonly LoadStep[] {
    const clusters = [...(sets.types.get(RESOURCE_TYPES.cluster)?.resources.keys() ?? [])].slice(0, this.#options.limits.names);
    const isSame = this.#asked?.length === clusters.length && clusters.every((name, index) => this.#asked?.[index] === name);
    if (this.#closed || isSame) return [];
    this.#asked = clusters;
    return [this.#ask({ clusters })];
  }

  /** The time for the first request is over. */
  firstRequestIsDue(): readonly LoadStep[] {
    if (this.#closed || this.#reporter !== undefined) return [];
    return this.#close({
      code: STATUS.deadlineExceeded,
      details: `no request within ${this.#options.limits.firstRequestMs} ms of opening the stream`,
    });
  }

  /** The stream has ended, whoever ended it. */
  ended(): void {
    if (this.#reporter !== undefined) this.#options.observer.closed(this.#reporter);
    this.#reporter = undefined;
    this.#closed = true;
  }

  #open(node: XdsNode | undefined): readonly LoadStep[] {
    const { limits, streamId, peer, observer, refusalOf } = this.#options;
    if (node === undefined || node.id === "" || Buffer.byteLength(node.id) > limits.nameBytes) {
      const details = `the first load report of a stream must carry node.id, of at most ${limits.nameBytes} bytes`;
      return this.#close({ code: STATUS.invalidArgument, details });
    }
    const refusal = refusalOf(node);
    if (refusal !== undefined) return this.#close(refusal);
    this.#reporter = { streamId, node, peer };
    observer.opened(this.#reporter);
    return node.clientFeatures.includes(SENDS_ALL) ? [this.#ask({ send_all_clusters: true })] : [{ kind: "watch", node }];
  }

  #ask(which: Pick<LoadStatsResponse, "clusters" | "send_all_clusters">): LoadStep {
    const load_reporting_interval = durationFromMs(this.#options.limits.loadIntervalMs);
    return { kind: "send", message: { ...which, load_reporting_interval, report_endpoint_granularity: true } };
  }

  #isTooFast(): boolean {
    const nowMs = this.#options.nowMs();
    if (nowMs - this.#windowMs >= this.#options.limits.loadIntervalMs) {
      this.#windowMs = nowMs;
      this.#reports = 0;
    }
    this.#reports += 1;
    return this.#reports > REPORTS_PER_INTERVAL;
  }

  #close(status: StreamStatus): readonly LoadStep[] {
    this.ended();
    return [{ kind: "close", status }];
  }
}
