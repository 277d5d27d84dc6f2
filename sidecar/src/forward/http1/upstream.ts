// A connection to an endpoint, without the connection: one answer after the other, each for one exchange.

import type { EndpointState } from "../../endpoint/index.js";
import type { ClusterCounters } from "../cluster-counters.js";
import { LIMITS } from "../limits.js";
import { AnswerFraming, AnswerWriter } from "./answer-writer.js";
import { BODY, BodyReader } from "./body-reader.js";
import type { Caller } from "./caller.js";
import { putChunk, putLastChunk } from "./chunks.js";
import type { Exchange } from "./exchange.js";
import { INCOMPLETE } from "./field-table.js";
import { Inbox } from "./inbox.js";
import { ResponseHead } from "./response-head.js";
import type { Wire, WireEvents } from "./wire.js";

/** For an answer's head as it is sent on. */
const HEADROOM = 1_024;
const MAX_INTERIM = LIMITS["interim-answers"].value;
const MAX_IDLE_MS: number = LIMITS["upstream-idle-time"].value;

/** Read and written within one turn, so that one of each is enough for all connections. */
const HEAD = new ResponseHead();
const WRITER = new AnswerWriter();
const FRAMING = new AnswerFraming();
/** Looks ahead over the chunks that came with a head. */
const AHEAD = new BodyReader();

export interface UpstreamPool {
  /** The connection can be used again. */
  keep(upstream: Upstream): void;
  /** It ended, or is ended now. */
  forget(upstream: Upstream): void;
}

export interface UpstreamParts {
  readonly wire: Wire;
  readonly pool: UpstreamPool;
  readonly counters: ClusterCounters;
}

type State = "connecting" | "idle" | "waiting" | "answering" | "tunnel" | "closed";

export class Upstream implements WireEvents {
  readonly inbox = new Inbox(HEADROOM);
  readonly endpoint: EndpointState;
  readonly wire: Wire;
  /** Of the service it was opened for. */
  readonly counters: ClusterCounters;
  /** Since when it lies idle; NaN until its pool has looked. */
  idleSinceMs = Number.NaN;
  readonly #pool: UpstreamPool;
  readonly #reader = new BodyReader();
  #state: State = "connecting";
  #exchange: Exchange | undefined;
  /** Whoever the answer is for, once the request goes out. */
  #caller: Caller | undefined;
  /** Field lines that name endpoint and version, where answers are marked. */
  #mark: string | undefined;
  #used = false;
  #interim = 0;
  #status = 0;
  #chunked = false;
  #closes = false;
  #idleMs = MAX_IDLE_MS;

  constructor(endpoint: EndpointState, { wire, pool, counters }: UpstreamParts) {
    this.endpoint = endpoint;
    this.counters = counters;
    this.wire = wire;
    this.#pool = pool;
  }

  get isConnected(): boolean {
    return this.#state !== "connecting";
  }

  /** It carried an exchange before: its end may be a keep-alive race. */
  get isReused(): boolean {
    return this.#used;
  }

  /** The request is sent, no final answer has begun, and it may not become a tunnel. */
  get awaitsPlainAnswer(): boolean {
    return this.#state === "waiting" && this.#caller?.upgrades === false;
  }

  /** How long it may lie idle. */
  get idleMs(): number {
    return this.#idleMs;
  }

  begin(exchange: Exchange): void {
    this.#exchange = exchange;
  }

  /** The request goes out now. */
  expect(caller: Caller, mark: string | undefined): void {
    this.#caller = caller;
    this.#mark = mark;
    this.#state = "waiting";
    this.#interim = 0;
  }

  /** Its exchange has no use for it any more, in whatever state it is. */
  discard(): void {
    this.#tellBytes();
    this.#exchange = undefined;
    this.#caller = undefined;
    if (this.#state !== "closed") this.#end();
  }

  /** It has been idle for long enough. */
  retire(): void {
    this.#state = "closed";
    this.#pool.forget(this);
    this.wire.close();
  }

  /** What was written of the answer has left. */
  onCallerFlushed(): void {
    if (this.#state === "answering" || this.#state === "tunnel") {
      this.#pump();
      this.#holdBack();
    }
  }

  // From the connection.

  onConnected(): void {
    this.#state = "idle";
    this.#exchange?.onConnected(this);
  }

  onReceived(length: number): void {
    this.inbox.receive(length);
    // Nothing was asked: whatever it is, the next answer could not be told from it.
    if (this.#state === "idle") this.#end();
    else this.#pump();
    this.#holdBack();
  }

  onFlushed(): void {
    this.#caller?.onUpstreamFlushed();
  }

  onEnd(): void {
    if (this.#state === "tunnel") this.#caller?.wire.end();
    else if (this.#state === "answering" && this.#reader.endsWithConnection) this.#finish();
    else if (this.#state === "waiting" || this.#state === "answering") this.#fail("reset");
    else this.#end();
  }

  onClosed(code: string | undefined): void {
    const { exchange, state } = { exchange: this.#exchange, state: this.#state };
    if (state === "closed") return;
    this.#tellBytes();
    this.#state = "closed";
    this.#pool.forget(this);
    if (state === "connecting") exchange?.onFailed(this, code === "ECONNREFUSED" ? "connect-refused" : "connect-failed", false);
    else if (state === "tunnel") this.#caller?.onTunnelClosed();
    else if (state !== "idle") exchange?.onFailed(this, "reset", true);
  }

  // Answers.

  #pump(): void {
    const { inbox } = this;
    while (!inbox.isEmpty) {
      if (this.#state === "waiting") {
        if (!this.#readHead()) return;
      } else if (this.#state === "answering") {
        this.#readBody(-1, this.#reader.next(inbox.bytes, inbox.position, inbox.end));
        return;
      } else if (this.#state === "tunnel") {
        this.#caller?.account.tunnelled(inbox.end - inbox.position);
        this.#caller?.stay.passed(inbox.bytes, inbox.position, inbox.end);
        this.#caller?.wire.write(inbox.bytes.subarray(inbox.position, inbox.end));
        inbox.clear();
      } else return;
    }
  }

  /** False when no more can be done with what came. */
  #readHead(): boolean {
    const { inbox } = this;
    const after = HEAD.read(inbox.bytes, inbox.position, inbox.end);
    if (after === INCOMPLETE) {
      inbox.keep();
      return false;
    }
    if (after < 0) {
      if (HEAD.isTooLarge) this.#caller?.account.hit("answer-head-bytes");
      return this.#fail("bad-response");
    }
    if (HEAD.status === 101) return this.#switch(after);
    if (HEAD.status < 200) {
      // 100 and 103 are not passed on: the caller's 100 was answered at its own connection, hints are optional.
      this.#interim++;
      inbox.position = after;
      if (this.#interim <= MAX_INTERIM) return true;
      this.#caller?.account.hit("interim-answers");
      return this.#fail("bad-response");
    }
    this.#beginAnswer(after);
    return false;
  }

  #beginAnswer(after: number): void {
    const { inbox } = this;
    const caller = this.#caller;
    if (caller === undefined) return;
    const { chunked, hasLength, length, closes } = HEAD;
    this.#status = HEAD.status;
    this.#closes = closes;
    this.#idleMs = Math.min(MAX_IDLE_MS, Math.max(0, HEAD.idleMs - 1_000));
    const hasBody = !(caller.isHead || HEAD.status === 204 || HEAD.status === 304);
    this.#beginBody(hasBody);
    // A body that is wrong in what came with its head is no answer at all.
    if (hasBody && chunked && isFaulty(inbox.bytes, after, inbox.end)) {
      this.#failBody();
      return;
    }
    if (this.#exchange?.takes(this, HEAD.status) === false) return;
    const found = this.#reader.next(inbox.bytes, after, inbox.end);
    this.#state = "answering";
    const cookie = this.#exchange?.onAnswer(HEAD);
    const endsByClose = hasBody && !hasLength && caller.isOld;
    this.#chunked = hasBody && !hasLength && !caller.isOld;
    const willClose = caller.onAnswer(endsByClose, HEAD.status);
    FRAMING.chunked = this.#chunked;
    FRAMING.length = hasLength && !chunked && HEAD.status !== 204 ? length : -1;
    FRAMING.closes = willClose;
    FRAMING.cookie = cookie;
    FRAMING.mark = this.#mark;
    FRAMING.retried = this.#exchange?.retriedLine(HEAD.status);
    const start = this.#placeHead(after, caller.wire);
    inbox.position = after;
    this.#readBody(start, found);
  }

  #beginBody(hasBody: boolean): void {
    if (!hasBody) this.#reader.beginLength(0);
    else if (HEAD.chunked) this.#reader.beginChunked();
    else if (HEAD.hasLength) this.#reader.beginLength(HEAD.length);
    else this.#reader.beginUntilClose();
  }

  /** Puts the head right before what follows it. Gives where it begins; its front leaves by itself where there is no room for it. */
  #placeHead(after: number, out: Wire): number {
    const { bytes } = this.inbox;
    const rest = WRITER.write(HEAD, bytes, after, FRAMING);
    const start = rest - WRITER.length;
    if (start >= 0) {
      bytes.set(WRITER.front, start);
      return start;
    }
    out.write(Buffer.from(WRITER.front));
    return rest;
  }

  /**
   * @param headStart where bytes begin that are to be written before the body that follows them; -1 for none
   * @param first what the reader has found already
   */
  #readBody(headStart: number, first: number): void {
    const { inbox } = this;
    const reader = this.#reader;
    const out = this.#caller?.wire;
    if (out === undefined) return;
    const isChunked = this.#chunked;
    let from = headStart;
    let found = first;
    if (isChunked) out.cork();
    while (found === BODY.span) {
      const isJoined = !isChunked && reader.start === inbox.position;
      if (from >= 0 && !isJoined) out.write(inbox.view(from, inbox.position));
      if (isChunked) putChunk(out, inbox.view(reader.start, reader.end));
      else out.write(inbox.view(from >= 0 && isJoined ? from : reader.start, reader.end));
      from = -1;
      inbox.position = reader.position;
      found = reader.next(inbox.bytes, inbox.position, inbox.end);
    }
    if (from >= 0) out.write(inbox.view(from, inbox.position));
    inbox.position = reader.position;
    if (isChunked) {
      if (found === BODY.done) putLastChunk(out, reader.trailers);
      out.uncork();
    }
    if (found === BODY.done) this.#finish();
    else if (found === BODY.fault) this.#failBody();
  }

  #finish(): void {
    const exchange = this.#exchange;
    const caller = this.#caller;
    if (caller === undefined) return;
    const isClosed = this.#reader.endsWithConnection;
    if (isClosed && this.#chunked) putLastChunk(caller.wire, undefined);
    const canKeep = !isClosed && !this.#closes && this.inbox.isEmpty && caller.isRequestDone && this.wire.isFlushed;
    this.#tellBytes();
    this.#exchange = undefined;
    this.#caller = undefined;
    this.#used = true;
    this.#state = "idle";
    if (!canKeep) this.#end();
    else if (caller.wire.isFlushed) this.#keep();
    else {
      // Its memory is still being read from as long as the answer has not left.
      this.wire.pause();
      caller.whenFlushed = () => this.#keep();
    }
    exchange?.onAnswerDone(this.#status);
    caller.onAnswerDone();
  }

  #keep(): void {
    if (this.#state !== "idle") return;
    this.wire.resume();
    this.#pool.keep(this);
  }

  #switch(after: number): boolean {
    const caller = this.#caller;
    if (caller === undefined || !caller.upgrades || !HEAD.upgrades) return this.#fail("bad-response");
    const cookie = this.#exchange?.onAnswer(HEAD);
    FRAMING.chunked = false;
    FRAMING.length = -1;
    FRAMING.closes = false;
    FRAMING.cookie = cookie;
    FRAMING.mark = this.#mark;
    FRAMING.retried = undefined;
    caller.wire.write(this.inbox.view(this.#placeHead(after, caller.wire), after));
    this.inbox.position = after;
    this.#state = "tunnel";
    this.#exchange?.onTunnel();
    caller.stay.becameTunnel();
    caller.onTunnel();
    return true;
  }

  /** Of the answer's body, as far as it was passed on. */
  #tellBytes(): void {
    if (this.#state === "answering" && this.#caller !== undefined) this.#caller.account.bytesOut = this.#reader.total;
  }

  #failBody(): void {
    this.#caller?.account.hit(this.#reader.limit);
    this.#fail("bad-response");
  }

  #fail(code: "reset" | "bad-response"): false {
    this.#exchange?.onFailed(this, code, true);
    return false;
  }

  #end(): void {
    this.#state = "closed";
    this.#pool.forget(this);
    this.wire.reset();
  }

  /** Nothing more is read while what was written has not left. */
  #holdBack(): void {
    const out = this.#caller?.wire;
    if (out === undefined) return;
    if (out.isFlushed) this.wire.resume();
    else this.wire.pause();
  }
}

/** Whether these bytes cannot be the beginning of a chunked body. */
function isFaulty(bytes: Uint8Array, start: number, end: number): boolean {
  AHEAD.beginChunked();
  let found = AHEAD.next(bytes, start, end);
  while (found === BODY.span) found = AHEAD.next(bytes, AHEAD.position, end);
  return found === BODY.fault;
}
