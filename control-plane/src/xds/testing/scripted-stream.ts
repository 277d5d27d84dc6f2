import { DEFAULT_LIMITS, type XdsLimits } from "../limits.js";
import type { ResourceChange, ResourceSets, XdsNode } from "../resource-set.js";
import type { ResponseContent } from "../response-content.js";
import { ResponseEncoder } from "../response-encoder.js";
import { type Step, StreamMachine, type StreamStatus } from "../stream-machine.js";
import type { Nack, StreamObserver } from "../stream-observer.js";
import type { Refusal, StreamRequest } from "../stream-request.js";

/** What a client sees of a response, and what it needs to answer it. */
export interface Seen {
  readonly type: string;
  readonly nonce: string;
  readonly version: string;
  /** `name@version`. */
  readonly resources: readonly string[];
  readonly removed: readonly string[];
  /** `name: code`. */
  readonly errors: readonly string[];
  readonly content: ResponseContent;
}

export interface ScriptedStreamOptions {
  readonly variant?: "sotw" | "delta";
  readonly userAgent?: string;
  readonly impliedType?: string;
  readonly limits?: Partial<XdsLimits>;
  readonly encoder?: ResponseEncoder;
  readonly refusalOf?: (node: XdsNode) => StreamStatus | undefined;
  readonly gated?: boolean;
}

interface Words {
  readonly nonce?: string | undefined;
  readonly refusal?: Refusal | undefined;
  readonly node?: XdsNode | undefined;
}

export interface SotwWords extends Words {
  readonly version?: string;
}

export interface DeltaWords extends Words {
  readonly subscribe?: readonly string[];
  readonly unsubscribe?: readonly string[];
  readonly held?: Readonly<Record<string, string>>;
}

export function node(id = "node-1", userAgentName = "test"): XdsNode {
  return { id, cluster: "test", zone: "a", userAgentName, userAgentVersion: "1", clientFeatures: [], metadata: {} };
}

export const REFUSED: Refusal = { reason: "cannot use this", resources: [] };

/** A client of the machine, written line by line: every call answers with what the machine sent because of it. */
export class ScriptedStream {
  readonly machine: StreamMachine;
  readonly variant: "sotw" | "delta";
  readonly events: string[] = [];
  readonly nacks: Nack[] = [];
  /** Of each response the change it was said to bring. */
  readonly changes: (ResourceChange | undefined)[] = [];
  closed: StreamStatus | undefined;
  nowMs = 0;
  #node: XdsNode | undefined;
  readonly #sets: ResourceSets;

  /** The machine is given `sets` when it says whose view it needs. */
  constructor(sets: ResourceSets, options: ScriptedStreamOptions = {}) {
    this.#sets = sets;
    this.variant = options.variant ?? "sotw";
    this.#node = node("node-1", options.userAgent);
    this.machine = new StreamMachine({
      streamId: 1,
      peer: "127.0.0.1:40000",
      variant: this.variant,
      impliedType: options.impliedType,
      openedAtMs: 0,
      nowMs: () => this.nowMs,
      gated: options.gated ?? false,
      limits: { ...DEFAULT_LIMITS, ...options.limits },
      encoder: options.encoder ?? new ResponseEncoder("test"),
      observer: this.#observer(),
      refusalOf: options.refusalOf ?? (() => undefined),
    });
  }

  sotw(typeUrl: string, names: readonly string[], words: SotwWords = {}): readonly Seen[] {
    return this.request({ ...this.#words(typeUrl, words), asked: { kind: "sotw", names, version: words.version ?? "" } });
  }

  delta(typeUrl: string, words: DeltaWords = {}): readonly Seen[] {
    const { subscribe = [], unsubscribe = [], held = {} } = words;
    return this.request({
      ...this.#words(typeUrl, words),
      asked: { kind: "delta", subscribe, unsubscribe, held: new Map(Object.entries(held)) },
    });
  }

  /** Accepts a response; a SotW client says again what it wants. */
  ack(seen: Seen | undefined, names: readonly string[] = []): readonly Seen[] {
    if (seen === undefined) throw new Error("there is no response to accept");
    if (this.variant === "delta") return this.delta(seen.type, { nonce: seen.nonce });
    return this.sotw(seen.type, names, { nonce: seen.nonce, version: seen.version });
  }

  nack(seen: Seen | undefined, names: readonly string[] = [], refusal = REFUSED): readonly Seen[] {
    if (seen === undefined) throw new Error("there is no response to refuse");
    return this.variant === "delta"
      ? this.delta(seen.type, { nonce: seen.nonce, refusal })
      : this.sotw(seen.type, names, { nonce: seen.nonce, refusal });
  }

  /** Time passes, and the machine is told. */
  tick(ms: number): readonly Seen[] {
    this.nowMs += ms;
    return this.#seen(this.machine.tick());
  }

  view(sets: ResourceSets): readonly Seen[] {
    return this.#seen(this.machine.view(sets));
  }

  request(request: StreamRequest): readonly Seen[] {
    return this.#seen(this.machine.request(request));
  }

  #words(typeUrl: string, { nonce, refusal, node: given }: Words) {
    const sender = given ?? this.#node;
    // Only the first request carries it, as most clients do.
    this.#node = undefined;
    return { typeUrl, nonce: nonce ?? "", refusal, node: sender };
  }

  #seen(steps: readonly Step[]): readonly Seen[] {
    return steps.flatMap((step) => {
      if (step.kind === "watch") return this.view(this.#sets);
      if (step.kind === "send") return [seenOf(step.content, step.nonce)];
      this.closed = step.status;
      return [];
    });
  }

  #observer(): StreamObserver {
    const short = (typeUrl: string) => typeUrl.split(".").at(-1);
    return {
      opened: (stream) => void this.events.push(`opened ${stream.node.id}`),
      closed: (_stream, reason) => void this.events.push(`closed ${reason}`),
      subscribed: (_stream, typeUrl, names, wildcard) =>
        void this.events.push(`subscribed ${short(typeUrl)} ${[...(wildcard ? ["*"] : []), ...names].join(" ")}`.trim()),
      sent: (_stream, typeUrl, { nonce, change }) => {
        this.events.push(`sent ${short(typeUrl)} ${nonce}`);
        this.changes.push(change);
      },
      acked: (_stream, typeUrl, nonce) => void this.events.push(`acked ${short(typeUrl)} ${nonce}`),
      nacked: (_stream, typeUrl, nack) => {
        this.events.push(`nacked ${short(typeUrl)} ${nack.nonce}`);
        this.nacks.push(nack);
      },
      gateExpired: (_stream, typeUrl) => void this.events.push(`gate expired ${short(typeUrl)}`),
    };
  }
}

function seenOf(content: ResponseContent, nonce: string): Seen {
  return {
    type: content.typeUrl,
    nonce,
    version: content.version,
    resources: content.resources.map((resource) => `${resource.name}@${resource.version}`),
    removed: content.removed,
    errors: content.notes.map((note) => `${note.name}: ${note.code}`),
    content,
  };
}
