// The protocol of one stream without the stream: a request, a view or the time goes in, what to do comes out. SotW and delta, ADS and
// per-type streams: a per-type stream is an ADS stream whose type is implied.

import { RESOURCE_TYPES } from "@fairlead/proto";
import type { TypeGate } from "./answer.js";
import { Gates } from "./gates.js";
import { takesTtl } from "./leases.js";
import type { XdsLimits } from "./limits.js";
import type { Reference, ResourceSets, XdsNode } from "./resource-set.js";
import type { ClientStanding } from "./resource-standing.js";
import { REFERRERS, SEND_ORDER, typeRules } from "./resource-types.js";
import type { Draft, ResponseContent } from "./response-content.js";
import type { ResponseEncoder } from "./response-encoder.js";
import type { StreamIdentity, StreamObserver } from "./stream-observer.js";
import type { Heard, StreamRequest } from "./stream-request.js";
import { TypeStream } from "./type-stream.js";

/** The gRPC codes a stream is ended with. */
export const STATUS = {
  ok: 0,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  resourceExhausted: 8,
  unavailable: 14,
  unauthenticated: 16,
} as const;

export interface StreamStatus {
  readonly code: (typeof STATUS)[keyof typeof STATUS];
  /** For a person to act on. */
  readonly details: string;
}

export type Step =
  /** The client has said who it is: give the machine this node's view, now and whenever it changes. Once per stream. */
  | { readonly kind: "watch"; readonly node: XdsNode }
  | { readonly kind: "send"; readonly bytes: Buffer; readonly nonce: string; readonly content: ResponseContent }
  /** Last of all. */
  | { readonly kind: "close"; readonly status: StreamStatus };

export interface StreamMachineOptions {
  /** Unique within this process. */
  readonly streamId: number;
  readonly peer: string;
  /** The name in the client's certificate, where it showed one. */
  readonly identity?: string | undefined;
  readonly variant: "sotw" | "delta";
  /** The type of a per-type stream; undefined on ADS. */
  readonly impliedType: string | undefined;
  readonly openedAtMs: number;
  readonly nowMs: () => number;
  /** Whether types wait for each other's ACKs (decision D4), or only for each other's turn. */
  readonly gated: boolean;
  readonly limits: XdsLimits;
  readonly encoder: ResponseEncoder;
  readonly observer: StreamObserver;
  /** Whether a stream of this node may be served: undefined, or why not. */
  readonly refusalOf: (node: XdsNode) => StreamStatus | undefined;
}

/** No resource has an empty name. */
const REMOVALS = "";

export class StreamMachine {
  readonly #options: StreamMachineOptions;
  readonly #types = new Map<string, TypeStream>();
  readonly #serials = new Map<string, number>();
  readonly #gates: Gates;
  #identity: StreamIdentity | undefined;
  #sets: ResourceSets | undefined;
  #writable = true;
  #closed = false;
  /** The client understands a time to live (xDS rule R31). */
  #timed = false;
  #responses = 0;

  constructor(options: StreamMachineOptions) {
    this.#options = options;
    const onExpired = (typeUrl: string) => {
      if (this.#identity !== undefined) options.observer.gateExpired(this.#identity, typeUrl);
    };
    this.#gates = new Gates({ nowMs: options.nowMs, onExpired });
  }

  /** When `tick` must be called, because something waits that is sent then at the latest; undefined while nothing does. */
  get dueMs(): number | undefined {
    if (this.#closed) return undefined;
    const gatesMs = this.#gates.dueMs;
    if (!this.#timed || !this.#writable) return gatesMs;
    let dueMs = gatesMs;
    for (const type of this.#types.values()) if (type.dueMs !== undefined) dueMs = Math.min(type.dueMs, dueMs ?? type.dueMs);
    return dueMs;
  }

  /** A stream that ends after a response is no failure to a gRPC client; one that ends before is (xDS rule R33). */
  get hasResponded(): boolean {
    return this.#responses > 0;
  }

  /** Who is at the other end, and how it stands to each resource; undefined before the first request and after the end. */
  get standing(): ClientStanding | undefined {
    if (this.#identity === undefined) return undefined;
    return { node: this.#identity.node, types: [...this.#types.values()] };
  }

  request(request: StreamRequest): readonly Step[] {
    if (this.#closed) return [];
    const fault = this.#faultOf(request);
    if (fault !== undefined) return this.#close(fault);
    const opening = this.#identity === undefined ? this.#open(request.node) : [];
    if (this.#identity === undefined) return opening;
    const type = this.#typeOf(request);
    // Beyond the limit a type is treated as one we do not serve, and those do not end a stream (xDS rule R2).
    if (type === undefined) return opening;
    this.#report(this.#identity, type, type.hear(request));
    if (type.subscription.names.size > this.#options.limits.names) {
      return this.#close(exhausted(`at most ${this.#options.limits.names} names of ${type.typeUrl} can be subscribed on one stream`));
    }
    return [...opening, ...this.#flush()];
  }

  view(sets: ResourceSets): readonly Step[] {
    if (this.#closed) return [];
    this.#sets = sets;
    for (const type of this.#types.values()) type.see(sets);
    return this.#flush();
  }

  /** Time has passed: gates open by their clock, and a stream that never says anything is not kept. */
  tick(): readonly Step[] {
    const { openedAtMs, limits, nowMs } = this.#options;
    if (this.#identity !== undefined) {
      const steps = this.#flush();
      this.#gates.forgetDue();
      return steps;
    }
    if (this.#closed || nowMs() - openedAtMs < limits.firstRequestMs) return [];
    return this.#close({ code: STATUS.deadlineExceeded, details: `no request within ${limits.firstRequestMs} ms of opening the stream` });
  }

  /** Whether the transport has room. Without it what is due waits, and only the newest state of it is sent later. */
  writable(writable: boolean): readonly Step[] {
    this.#writable = writable;
    return this.#flush();
  }

  /** The stream has ended, whoever ended it. */
  ended(reason: string): void {
    if (this.#identity !== undefined) this.#options.observer.closed(this.#identity, reason);
    this.#identity = undefined;
    this.#closed = true;
    this.#types.clear();
  }

  #close(status: StreamStatus): readonly Step[] {
    this.ended(status.details);
    return [{ kind: "close", status }];
  }

  #open(node: XdsNode | undefined): readonly Step[] {
    if (node === undefined || node.id === "") return this.#close(invalid("the first request of a stream must carry node.id"));
    if (Buffer.byteLength(node.id) > this.#options.limits.nameBytes) {
      return this.#close(invalid(`node.id is longer than ${this.#options.limits.nameBytes} bytes`));
    }
    const refusal = this.#options.refusalOf(node);
    if (refusal !== undefined) return this.#close(refusal);
    const { streamId, peer, identity, variant, observer } = this.#options;
    this.#identity = { streamId, node, peer, identity, variant };
    this.#timed = takesTtl(node.clientFeatures, variant);
    observer.opened(this.#identity);
    return [{ kind: "watch", node }];
  }

  #faultOf({ typeUrl, asked }: StreamRequest): StreamStatus | undefined {
    const { impliedType, limits } = this.#options;
    if (impliedType === undefined && typeUrl === "") return invalid("type_url is mandatory on an aggregated stream");
    if (impliedType !== undefined && typeUrl !== "" && typeUrl !== impliedType)
      return invalid(`this stream serves ${impliedType} only, not ${typeUrl}`);
    if (tooLong(typeUrl, limits)) return invalid(`type_url is longer than ${limits.nameBytes} bytes`);
    for (const name of asked.kind === "sotw" ? asked.names : asked.subscribe) {
      if (name === "" || tooLong(name, limits))
        return invalid(`a resource name must have 1 to ${limits.nameBytes} bytes: "${name.slice(0, 60)}…"`);
    }
    if (asked.kind === "delta" && asked.held.size > limits.names)
      return exhausted(`at most ${limits.names} initial_resource_versions are taken`);
    return undefined;
  }

  #typeOf(request: StreamRequest): TypeStream | undefined {
    const typeUrl = this.#options.impliedType ?? request.typeUrl;
    const known = this.#types.get(typeUrl);
    if (known !== undefined) return known;
    if (this.#types.size >= this.#options.limits.types) return undefined;
    const { variant, limits, nowMs } = this.#options;
    // Envoy that reconnects while it warms a cluster or listener goes on waiting for what it asks of these (xDS rule R30).
    const distrustsClaims = this.#isEnvoy && !typeRules(typeUrl).wildcard;
    const type = new TypeStream({
      typeUrl,
      variant,
      responseBytes: limits.responseBytes,
      distrustsClaims,
      nowMs,
      timed: this.#timed,
    });
    if (this.#sets !== undefined) type.see(this.#sets);
    this.#types.set(typeUrl, type);
    return type;
  }

  get #isEnvoy(): boolean {
    return this.#identity?.node.userAgentName === "envoy";
  }

  #report(identity: StreamIdentity, { typeUrl, subscription }: TypeStream, { verdict, subscriptionChanged }: Heard): void {
    const { observer } = this.#options;
    if (verdict?.kind === "acked") observer.acked(identity, typeUrl, verdict.nonce, verdict.version);
    if (verdict?.kind === "nacked") observer.nacked(identity, typeUrl, { nonce: verdict.nonce, ...verdict.refusal });
    if (subscriptionChanged) observer.subscribed(identity, typeUrl, [...subscription.names], subscription.wildcard);
  }

  /** Sends what is due, clusters first; what takes something away comes after everything that led to it (xDS rule R28). */
  #flush(): readonly Step[] {
    if (this.#closed || !this.#writable || this.#sets === undefined) return [];
    const steps: Step[] = [];
    for (const type of this.#inOrder()) this.#sendNext(type, steps);
    for (const typeUrl of REFERRERS.keys()) {
      const type = this.#types.get(typeUrl);
      if (type !== undefined) this.#sendNext(type, steps);
    }
    return steps;
  }

  #gateOf({ typeUrl }: TypeStream): TypeGate {
    const { gated } = this.#options;
    let removable: boolean | undefined;
    return {
      admits: (resource, held) => {
        const known = held?.requires ?? [];
        const fresh = (resource.requires ?? []).filter((one) => gated && !known.some((other) => isSame(one, other)));
        const isMet = fresh.every((reference) => this.#isReached(reference));
        return this.#gates.opens(typeUrl, resource.name, isMet);
      },
      // Of one answer all that is gone goes or stays.
      mayRemove: () => {
        removable ??= this.#gates.opens(typeUrl, REMOVALS, this.#areQuiet(REFERRERS.get(typeUrl) ?? []));
        return removable;
      },
    };
  }

  #areQuiet(typeUrls: readonly string[]): boolean {
    return typeUrls.every((typeUrl) => this.#types.get(typeUrl)?.isQuiet(this.#options.gated) !== false);
  }

  /** Whether the client has what is referred to, as far as it gets it from this stream. */
  #isReached({ typeUrl, name }: Reference): boolean {
    if (this.#sets?.types.get(typeUrl)?.resources.has(name) !== true) return true;
    const type = this.#types.get(typeUrl);
    if (type?.subscription.covers(name) === true) return type.hasReached(name);
    // A client asks for the assignment of a cluster once it has the cluster.
    if (typeUrl !== RESOURCE_TYPES.assignment) return true;
    return this.#types.get(RESOURCE_TYPES.cluster)?.subscription.covers(name) !== true;
  }

  *#inOrder(): Iterable<TypeStream> {
    for (const typeUrl of SEND_ORDER) {
      const type = this.#types.get(typeUrl);
      if (type !== undefined) yield type;
    }
    for (const type of this.#types.values()) if (!SEND_ORDER.includes(type.typeUrl)) yield type;
  }

  #sendNext(type: TypeStream, steps: Step[]): void {
    const draft = type.next(this.#gateOf(type));
    if (draft === undefined || this.#identity === undefined) return;
    const { content, change } = draft;
    const { nonce, serial, bytes } = this.#options.encoder.encode(content, this.#serials.get(type.typeUrl) ?? 0);
    this.#serials.set(type.typeUrl, serial);
    type.sent(draft, nonce);
    this.#responses += 1;
    this.#oweAssignments(draft);
    const { typeUrl, version, resources } = content;
    this.#options.observer.sent(this.#identity, typeUrl, { nonce, version, resources: resources.length, bytes: bytes.length, change });
    steps.push({ kind: "send", bytes, nonce, content });
  }

  /** A changed Cluster warms anew in Envoy and waits for its assignment, changed or not (xDS rule R30). */
  #oweAssignments({ content, changed }: Draft): void {
    if (!this.#isEnvoy || content.typeUrl !== RESOURCE_TYPES.cluster) return;
    const assignments = this.#types.get(RESOURCE_TYPES.assignment);
    if (assignments === undefined || changed.length === 0) return;
    const names = new Set(changed);
    for (const { name, assignment } of content.resources) if (names.has(name)) assignments.owe(assignment ?? name);
  }
}

function isSame(one: Reference, other: Reference): boolean {
  return one.typeUrl === other.typeUrl && one.name === other.name;
}

function tooLong(text: string, limits: XdsLimits): boolean {
  return text.length > limits.nameBytes || (text.length * 3 > limits.nameBytes && Buffer.byteLength(text) > limits.nameBytes);
}

function invalid(details: string): StreamStatus {
  return { code: STATUS.invalidArgument, details };
}

function exhausted(details: string): StreamStatus {
  return { code: STATUS.resourceExhausted, details };
}
