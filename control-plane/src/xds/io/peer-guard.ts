// Who may use a stream of the port: what its connection proves, looked at for every stream.

import type { Clock, CounterMetric, Log, Metrics } from "@fairlead/shared";
import { nodeRefusal } from "../client-identity.js";
import type { XdsNode } from "../resource-set.js";
import { STATUS, type StreamStatus } from "../stream-machine.js";
import type { XdsTls } from "../tls-state.js";
import { type ClientProof, expired } from "./client-proof.js";
import type { Peer } from "./connections.js";

/** What a client whose certificate is refused gets to read why. */
const REFUSED_GRACE_MS = 1_000;
/** A client that is refused comes back with every backoff; one line a minute and reason says who. */
const REFUSALS_TOLD_EVERY_MS = 60_000;

export interface PeerGuardDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly tls?: XdsTls | undefined;
}

/** Every service of the port but health asks it. */
export class PeerGuard {
  readonly #deps: PeerGuardDeps;
  readonly #refusals: CounterMetric;
  /** When a refusal was last logged, by reason. */
  readonly #toldMs = new Map<string, number>();

  constructor(deps: PeerGuardDeps) {
    this.#deps = deps;
    this.#refusals = deps.metrics.counter({
      name: "xds_tls_refused_total",
      help: "Connections and streams of the xDS server refused for what the client's certificate says, or does not.",
      labels: ["reason"],
    });
  }

  /** The name its certificate gives it; undefined where nobody asked for one. */
  identityOf(peer: Peer): string | undefined {
    const proof = this.#proofOf(peer);
    return proof.kind === "proven" ? proof.identity.names[0] : undefined;
  }

  /**
   * Why no stream of this peer is served; undefined when it may go on. A handshake that fails tells a TLS 1.3 client nothing: it is
   * told on its stream, and then its connection ends.
   */
  refusalOfPeer(peer: Peer): StreamStatus | undefined {
    const proof = this.#proofOf(peer);
    if (proof.kind !== "unproven") return undefined;
    this.refused(proof.reason, proof.because, peer.address);
    this.#deps.clock.schedule(REFUSED_GRACE_MS, () => peer.destroy());
    return { code: STATUS.unauthenticated, details: proof.because };
  }

  /** Why this peer may not call itself that node. */
  refusalOfNode(peer: Peer, node: XdsNode): StreamStatus | undefined {
    const proof = this.#proofOf(peer);
    if (proof.kind !== "proven") return undefined;
    const details = nodeRefusal(proof.identity, node.id, this.#deps.tls?.clients);
    if (details === undefined) return undefined;
    this.refused("other-node", details, peer.address);
    return { code: STATUS.permissionDenied, details };
  }

  /** Counts a refusal, and logs it unless one for this reason was logged within the minute. */
  refused(reason: string, because: string, peer = ""): void {
    this.#refusals.add(1, { reason });
    const { clock, log } = this.#deps;
    const isNews = clock.nowMs() - (this.#toldMs.get(reason) ?? Number.NEGATIVE_INFINITY) >= REFUSALS_TOLD_EVERY_MS;
    if (isNews) this.#toldMs.set(reason, clock.nowMs());
    // Whoever only looks whether the port is open ends a handshake too.
    log[isNews && reason !== "handshake" ? "warn" : "debug"]("xds-client-refused", { reason, because, peer });
  }

  /** A connection may outlive the certificate it was opened with. */
  #proofOf({ proof }: Peer): ClientProof {
    return proof.kind === "proven" && proof.endsAtMs <= this.#deps.clock.wallMs() ? expired(proof.endsAtMs) : proof;
  }
}
