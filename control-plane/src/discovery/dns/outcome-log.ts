// Says each change of a question's outcome once, and counts every lookup.

import type { Log } from "@fairlead/shared";
import type { DnsMetrics } from "./dns-metrics.js";
import type { LookupEnd } from "./lookup.js";
import { questionText } from "./question.js";
import type { TrackedName } from "./tracked-name.js";

type Outcome = "records" | "partial" | "no-data" | "no-name" | "failure";

export class OutcomeLog {
  readonly #source: string;
  readonly #log: Log;
  readonly #metrics: DnsMetrics;
  readonly #last = new WeakMap<TrackedName, Outcome>();

  constructor(source: string, { log, metrics }: { readonly log: Log; readonly metrics: DnsMetrics }) {
    this.#source = source;
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
    if (this.#last.get(name) === outcome) return;
    this.#last.set(name, outcome);
    const fields = { source, question, outcome };
    if (outcome === "records") this.#log.info("dns-outcome", fields);
    else this.#log.warn("dns-outcome", { ...fields, ...whyOf(end) });
  }
}

function outcomeOf({ answer }: LookupEnd): Outcome {
  return answer.kind === "records" && answer.notWhole !== undefined ? "partial" : answer.kind;
}

function whyOf({ answer }: LookupEnd): { readonly cause?: string } {
  if (answer.kind === "failure") return { cause: answer.cause };
  return answer.kind === "records" && answer.notWhole !== undefined ? { cause: answer.notWhole.reason } : {};
}
