// One question and all that is known about it.

import type { ServiceName } from "@fairlead/shared";
import { type Belief, confirm, type Heard, learn } from "./belief.js";
import type { NameStateWord } from "./dns-metrics.js";
import type { Due } from "./due-queue.js";
import type { LookupEnd } from "./lookup.js";
import type { Question } from "./question.js";
import type { NameState } from "./service-reading.js";

/** After a silent cut is noticed the name is asked over TCP for so long; then a datagram gets another chance. */
const CUT_MEMORY_MS = 600_000;

export class TrackedName implements Due, NameState {
  readonly question: Question;
  readonly usedBy = new Set<ServiceName>();
  belief: Belief | undefined;
  failing: NameState["failing"];
  /** In a row. */
  failures = 0;
  dueMs = 0;
  place = -1;
  /** `again`: somebody wants an answer younger than the one that is on its way. */
  asking: { again: boolean } | undefined;
  /** Monotonic; of the last failure. */
  failedAtMs = 0;
  /** Monotonic; when the last answer expires. 0 before the first: of all names it has waited longest. */
  freshUntilMs = 0;
  /** Another resolver's different answer, in words. */
  disagreement: string | undefined;
  cutSilently = false;
  #large = false;
  #cutUntilMs = 0;

  constructor(question: Question) {
    this.question = question;
  }

  tcpFirst(nowMs: number): boolean {
    return this.#large || this.#cutUntilMs > nowMs;
  }

  /** Whether what services are told differs afterwards. */
  learn(end: LookupEnd, nowMs: number): boolean {
    const { answer, resolver = "", large, cutSilently } = end;
    if (answer.kind === "failure") return false;
    const before = { belief: this.belief, failing: this.failing, cut: this.cutSilently };
    this.belief = learn(this.belief, { answer, resolver });
    this.failures = 0;
    this.failing = undefined;
    this.#large = large;
    if (cutSilently) this.#cutUntilMs = nowMs + CUT_MEMORY_MS;
    this.cutSilently = this.#cutUntilMs > nowMs;
    return !sayTheSame(before.belief, this.belief) || before.failing !== undefined || before.cut !== this.cutSilently;
  }

  /** What another resolver says: it may end a doubt. Whether what services are told differs afterwards. */
  confirm(heard: Heard): boolean {
    const before = this.belief;
    if (before === undefined) return false;
    this.belief = confirm(before, heard);
    return !sayTheSame(before, this.belief);
  }

  /** Whether what services are told differs afterwards. */
  fail(cause: string, { nowMs, wallMs, maxStaleMs }: { nowMs: number; wallMs: number; maxStaleMs: number }): boolean {
    const before = this.failing;
    this.failedAtMs = nowMs;
    this.failures += 1;
    const sinceMs = before?.sinceMs ?? wallMs;
    const tooOld = wallMs - sinceMs >= maxStaleMs;
    if (before !== undefined && before.cause === cause && before.tooOld === tooOld) return false;
    this.failing = { sinceMs, cause, tooOld };
    return true;
  }

  get state(): NameStateWord {
    if (this.failing !== undefined) return this.failing.tooOld ? "too-old" : "failing";
    if (this.belief === undefined) return "pending";
    return this.belief.partial === undefined ? "fresh" : "doubted";
  }
}

function sayTheSame(one: Belief | undefined, other: Belief): boolean {
  return one === other || (one !== undefined && one.set === other.set && one.partial === other.partial && one.absence === other.absence);
}
