// Says each change of a question's outcome once, and counts every lookup.

import type { Clock, Log } from "@fairlead/shared";
import type { DnsMetrics } from "./dns-metrics.js";
import type { LookupEnd } from "./lookup.js";
import { questionText } from "./question.js";
import type { TrackedName } from "./tracked-name.js";

/** An outage changes the outcome of ten thousand questions at once; the metrics have them all. */
const LINES_PER_MINUTE = 50;
const MINUTE_MS = 60_000;

type Outcome = "records" | "partial" | "no-data" | "no-name" | "failure";

export class OutcomeLog {
  readonly #source: string;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #metrics: DnsMetrics;
  readonly #last = new WeakMap<TrackedName, Outcome>();
  #minute = { sinceMs: Number.NEGATIVE_INFINITY, lines: 0 };

  constructor(source: string, { clock, log, metrics }: { readonly clock: Clock; readonly log: Log; readonly metrics: DnsMetrics }) {
    this.#source = source;
    this.#clock = clock;
    this.#log = log;
    this.#metrics = metrics;
  }

  /** Before the name has learnt it. */
  note(name: TrackedName, end: LookupEnd): void {
    const outcome = outcomeOf(end);
    const source = this.#source;
    this.#metrics.lookups.add(1, { source, outcome });
    if (outcome === "partial") this.#metrics.truncations.add(1, { source, kind: "said" });
    if (end.cutSilently) this.#metrics.truncations.add(1, { source, kind: "silent" });
    const question = questionText(name.question);
    if (end.cutSilently && !name.cutSilently) this.#log.warn("dns-udp-answers-cut", { source, question, resolver: end.resolver });
    const before = this.#last.get(name);
    if (before === outcome) return;
    this.#last.set(name, outcome);
    // Most hosts have one family of addresses only: that the other one is empty from the start is no news.
    if ((before === undefined && outcome === "no-data") || !this.#hasRoom()) return;
    const fields = { source, question, outcome };
    if (outcome === "records") this.#log.info("dns-outcome", fields);
    else this.#log.warn("dns-outcome", { ...fields, ...whyOf(end) });
  }

  #hasRoom(): boolean {
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#minute.sinceMs >= MINUTE_MS) this.#minute = { sinceMs: nowMs, lines: 0 };
    this.#minute.lines += 1;
    if (this.#minute.lines === LINES_PER_MINUTE + 1) this.#log.warn("dns-outcomes-not-shown", { source: this.#source, forMs: MINUTE_MS });
    return this.#minute.lines <= LINES_PER_MINUTE;
  }
}

function outcomeOf({ answer }: LookupEnd): Outcome {
  return answer.kind === "records" && answer.notWhole !== undefined ? "partial" : answer.kind;
}

function whyOf({ answer }: LookupEnd): { readonly cause?: string } {
  if (answer.kind === "failure") return { cause: answer.cause };
  return answer.kind === "records" && answer.notWhole !== undefined ? { cause: answer.notWhole.reason } : {};
}
