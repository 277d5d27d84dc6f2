import type { EndReason } from "../end-reasons.js";
import { LIMITS, type LimitName } from "../limits.js";

const SENDER_SILENCE_MS = LIMITS["body-silence"].value;
const READER_SILENCE_MS = LIMITS["reader-silence"].value;
const TUNNEL_SILENCE_MS = LIMITS["tunnel-silence"].value;
const WINDOW_MS = 30_000;
const LEAST_BYTES = LIMITS["body-rate"].value;

/** Who has to do something before anything can go on. Time that the upstream is waited for is nobody's: the deadline is its limit. */
export type AwaitedParty = "nobody" | "sender" | "reader" | "tunnel";

export interface Late {
  readonly limit: LimitName;
  readonly why: EndReason;
  /** For the caller, where it can still be told. */
  readonly detail: string;
}

/** How fast a caller is: the defence against slow bodies and slow readers. */
export class Pace {
  #moved = true;
  #movedMs: number;
  #bytes = 0;
  #sinceMs: number;

  constructor(nowMs: number) {
    this.#movedMs = nowMs;
    this.#sinceMs = nowMs;
  }

  restart(nowMs: number): void {
    this.#bytes = 0;
    this.#sinceMs = nowMs;
  }

  moved(): void {
    this.#moved = true;
  }

  received(length: number): void {
    this.#moved = true;
    this.#bytes += length;
  }

  /** What `awaited` took too long for; undefined where it did not. Asked a few times a second. */
  late(nowMs: number, awaited: AwaitedParty): Late | undefined {
    if (this.#moved) this.#movedMs = nowMs;
    this.#moved = false;
    if (awaited !== "sender") this.restart(nowMs);
    const silentMs = nowMs - this.#movedMs;
    switch (awaited) {
      case "nobody":
        return undefined;
      case "tunnel":
        return silentMs < TUNNEL_SILENCE_MS ? undefined : { limit: "tunnel-silence", why: "tunnel-silent", detail: "" };
      case "reader":
        return silentMs < READER_SILENCE_MS ? undefined : { limit: "reader-silence", why: "caller-not-reading", detail: "" };
      case "sender":
        return silentMs < SENDER_SILENCE_MS
          ? this.#slow(nowMs)
          : senderIs("body-silence", `Nothing of the request came for ${SENDER_SILENCE_MS / 1_000} s.`);
    }
  }

  #slow(nowMs: number): Late | undefined {
    if (nowMs - this.#sinceMs < WINDOW_MS) return undefined;
    const bytes = this.#bytes;
    this.restart(nowMs);
    if (bytes >= LEAST_BYTES) return undefined;
    return senderIs("body-rate", `${bytes} bytes of the request came in ${WINDOW_MS / 1_000} s, less than ${LEAST_BYTES}.`);
  }
}

function senderIs(limit: LimitName, detail: string): Late {
  return { limit, why: "request-timeout", detail };
}
