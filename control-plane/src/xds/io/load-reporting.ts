// Load reports over gRPC: bytes in and out of the machine, and how a stream begins and ends.

import { DecodeError, services } from "@fairlead/proto";
import type { Clock, Closable, Rng, Timer } from "@fairlead/shared";
import { Admission, type Place } from "../admission.js";
import { framed } from "../grpc/message-reader.js";
import type { XdsLimits } from "../limits.js";
import type { LoadObserver } from "../load-report.js";
import { type LoadStep, LoadStream } from "../load-stream.js";
import type { ViewOf } from "../resource-set.js";
import { STATUS, type StreamStatus } from "../stream-machine.js";
import type { CallReceiver, GrpcCall } from "./grpc-call.js";
import type { GrpcServer } from "./grpc-server.js";
import type { PeerGuard } from "./peer-guard.js";
import { hostOf } from "./stream-methods.js";

export interface LoadReportingDeps {
  readonly viewOf: ViewOf;
  readonly observer: LoadObserver;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly limits: XdsLimits;
  readonly guard: PeerGuard;
  readonly onLimit: (limit: "loadStreams" | "streamsPerIdentity" | "firstRequestMs") => void;
}

export interface LoadReporting {
  readonly streams: number;
  /** Ends the streams; later ones are refused. */
  close(): void;
}

const METHOD = services.loadReporting.StreamLoadStats;

export function serveLoadReports(server: GrpcServer, deps: LoadReportingDeps): LoadReporting {
  const { limits, onLimit, clock, rng, guard } = deps;
  const admission = new Admission({ ...limits, streams: limits.loadStreams });
  const open = new Set<ReportingStream>();
  let streamId = 0;
  let closing = false;
  const accept = (call: GrpcCall): CallReceiver | undefined => {
    const entered = admission.enter();
    if (!entered.ok || closing) {
      if (entered.ok) entered.value.leave();
      else onLimit("loadStreams");
      call.close({
        code: entered.ok ? STATUS.unavailable : STATUS.resourceExhausted,
        details: entered.ok ? "this server is closing" : entered.error,
      });
      return undefined;
    }
    const { peer } = call;
    const unproven = guard.refusalOfPeer(peer);
    if (unproven !== undefined) {
      entered.value.leave();
      call.close(unproven);
      return undefined;
    }
    const places: Place[] = [entered.value];
    const machine = new LoadStream({
      streamId: ++streamId,
      peer: peer.address,
      nowMs: () => clock.nowMs(),
      limits,
      observer: deps.observer,
      refusalOf(node) {
        const wrongNode = guard.refusalOfNode(peer, node);
        if (wrongNode !== undefined) return wrongNode;
        const identified = admission.identify(hostOf(peer.address), node.id);
        if (identified.ok) places.push(identified.value);
        else onLimit("streamsPerIdentity");
        return identified.ok ? undefined : { code: STATUS.resourceExhausted, details: identified.error };
      },
    });
    const stream = new ReportingStream({
      ...deps,
      call,
      machine,
      ageMs: limits.streamAgeMs * (0.8 + 0.4 * rng.next()),
      onEnded() {
        open.delete(stream);
        for (const place of places) place.leave();
      },
    });
    open.add(stream);
    return stream;
  };
  server.register(METHOD.path, accept);
  return {
    get streams() {
      return open.size;
    },
    close() {
      closing = true;
      for (const stream of [...open]) stream.close({ code: STATUS.ok, details: "this server is closing" });
    },
  };
}

interface ReportingStreamDeps extends LoadReportingDeps {
  readonly call: GrpcCall;
  readonly machine: LoadStream;
  readonly ageMs: number;
  readonly onEnded: () => void;
}

class ReportingStream implements CallReceiver {
  readonly #deps: ReportingStreamDeps;
  readonly #timers: readonly Timer[];
  #watch: Closable | undefined;
  #ended = false;

  constructor(deps: ReportingStreamDeps) {
    this.#deps = deps;
    const { call, clock, limits, ageMs } = deps;
    this.#timers = [
      clock.schedule(limits.firstRequestMs, () => this.#firstRequestIsDue()),
      clock.schedule(ageMs, () => this.close({ code: STATUS.ok, details: "this stream has reached its age: open another one" })),
    ];
    call.open();
  }

  close(status: StreamStatus): void {
    if (this.#ended) return;
    this.#end();
    this.#deps.call.close(status);
  }

  halfClosed(): void {
    this.close({ code: STATUS.ok, details: "the client ended its side" });
  }

  gone(): void {
    this.#end();
  }

  /** What is said to a reporter is said rarely, and never waits for room. */
  drained(): void {}

  message(bytes: Buffer): void {
    if (this.#ended) return;
    try {
      this.#run(this.#deps.machine.request(METHOD.requestDeserialize(bytes)));
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.close({ code: STATUS.invalidArgument, details: error.message });
    }
  }

  #firstRequestIsDue(): void {
    const steps = this.#deps.machine.firstRequestIsDue();
    if (steps.length > 0) this.#deps.onLimit("firstRequestMs");
    this.#run(steps);
  }

  #run(steps: readonly LoadStep[]): void {
    for (const step of steps) {
      if (this.#ended) return;
      if (step.kind === "send") this.#deps.call.write(framed(METHOD.responseSerialize(step.message)));
      else if (step.kind === "close") this.close(step.status);
      else this.#watch = this.#deps.viewOf(step.node).watch((sets) => this.#run(this.#deps.machine.view(sets)));
    }
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const timer of this.#timers) timer.cancel();
    void this.#watch?.close();
    this.#deps.machine.ended();
    this.#deps.onEnded();
  }
}
