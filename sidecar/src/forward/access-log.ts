// One line per request, and per TCP connection when it ends, for people and their tools. Bounded and never waited for: what cannot leave is dropped and counted.

import type { Clock, Rng, Timer } from "@fairlead/shared";
import { type EndReason, isGoodEnd } from "./end-reasons.js";
import { LIMITS } from "./limits.js";

/** `errors`: what ended otherwise than well, and statuses from 500. `sampled`: these, and a share of the others. */
export const ACCESS_LOG_MODES = ["off", "errors", "sampled", "all"] as const;

export interface AccessLogSettings {
  readonly mode: (typeof ACCESS_LOG_MODES)[number];
  /** Of `sampled`: the share of good requests, 0 to 1. */
  readonly rate: number;
  /** Whether a path is written with its query, which may hold what nobody shall read in a log. */
  readonly query: boolean;
}

/** Where lines go. `done` is called once, when more can be taken; it may fail silently. */
export interface LineOutput {
  write(lines: string, done: () => void): void;
}

/** Of a TCP connection. */
export interface StreamEntry {
  /** Empty where a request got no service. */
  readonly service: string;
  readonly reason: EndReason;
  /** The last one tried. */
  readonly endpoint: string | undefined;
  readonly tries: number;
  /** Two of the tries ran at once; not said otherwise. */
  readonly hedged?: true | undefined;
  readonly tookMs: number;
  /** From the caller and to it; of a request those of bodies, without their framing. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly peer: string;
}

/** Of a request. */
export interface AccessEntry extends StreamEntry {
  /** This and the path are empty where the head could not be read. */
  readonly method: string;
  readonly path: string;
  /** Undefined where no answer began. */
  readonly status: number | undefined;
  readonly requestId: string;
}

const MAX_PENDING = LIMITS["access-log-bytes"].value;
/** Long enough to put many lines into one write, short enough for who watches. */
const FLUSH_MS = 100;
/** A write of this size costs little more than a small one. */
const FLUSH_CHARACTERS = 64 * 1_024;
/** Longer ones are cut: their rest tells nobody more. */
const MAX_PATH = 1_024;
const MAX_WORD = 128;

export interface AccessLogDeps {
  readonly output: LineOutput;
  readonly clock: Clock;
  readonly rng: Rng;
}

export class AccessLog {
  readonly #settings: AccessLogSettings;
  readonly #deps: AccessLogDeps;
  #lines = "";
  #leaving = 0;
  #timer: Timer | undefined;
  #whenLeft: (() => void) | undefined;
  written = 0;
  dropped = 0;

  constructor(settings: AccessLogSettings, deps: AccessLogDeps) {
    this.#settings = settings;
    this.#deps = deps;
  }

  /** As much of a target as is written. */
  pathOf(target: string): string {
    const end = this.#settings.query ? -1 : target.indexOf("?");
    return (end < 0 ? target : target.slice(0, end)).slice(0, MAX_PATH);
  }

  wants(reason: EndReason, status: number | undefined): boolean {
    const { mode, rate } = this.#settings;
    if (mode === "all" || !isGoodEnd(reason) || (status ?? 0) >= 500) return mode !== "off";
    return mode === "sampled" && this.#deps.rng.next() < rate;
  }

  add({ method, path, requestId, ...rest }: AccessEntry): void {
    const cut = { method: method.slice(0, MAX_WORD), path: path.slice(0, MAX_PATH), requestId: requestId.slice(0, MAX_WORD) };
    this.#add({ event: "request", ...cut, ...rest });
  }

  addStream(entry: StreamEntry): void {
    this.#add({ event: "connection", ...entry });
  }

  #add(entry: StreamEntry & { readonly event: string }): void {
    const line = lineOf(entry, this.#deps.clock.wallMs());
    if (this.#leaving + this.#lines.length + line.length > MAX_PENDING) {
      this.dropped++;
      return;
    }
    this.written++;
    this.#lines += line;
    if (this.#lines.length >= FLUSH_CHARACTERS) this.#flush();
    else this.#timer ??= this.#deps.clock.schedule(FLUSH_MS, () => this.#flush());
  }

  /** Everything that was added leaves, or `timeoutMs` pass. */
  async close(timeoutMs: number): Promise<void> {
    this.#flush();
    if (this.#leaving === 0) return;
    await new Promise<void>((resolve) => {
      const limit = this.#deps.clock.schedule(timeoutMs, resolve);
      this.#whenLeft = () => {
        limit.cancel();
        resolve();
      };
    });
  }

  #flush(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#leaving > 0 || this.#lines === "") return;
    const lines = this.#lines;
    this.#lines = "";
    this.#leaving = lines.length;
    this.#deps.output.write(lines, () => {
      this.#leaving = 0;
      this.#flush();
      if (this.#leaving === 0) this.#whenLeft?.();
    });
  }
}

function lineOf({ tookMs, ...rest }: StreamEntry, wallMs: number): string {
  return `${JSON.stringify({ time: new Date(wallMs).toISOString(), ...rest, tookMs: Math.round(tookMs * 1_000) / 1_000 })}\n`;
}
