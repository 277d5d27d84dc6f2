// What the other resolvers say. The preferred one's word counts; the others are asked now and then, so that one that became
// faster is noticed, a difference is seen, and a doubt may end sooner. Their answers add nothing and take nothing away.

import type { Log } from "@fairlead/shared";
import type { Asker } from "./asker.js";
import { wouldLose } from "./belief.js";
import { questionText } from "./question.js";
import { isWithin, NO_RECORDS, type RecordSet, recordSetOf } from "./record-set.js";
import type { ResolverPool } from "./resolver-pool.js";
import type { TrackedName } from "./tracked-name.js";

/** Comparisons are a courtesy: they must never crowd out what is due. */
const MAX_OUTSTANDING = 64;
/** Names that are compared again before others, until the resolvers agree. */
const MAX_DISPUTED = 100;
/** Of records in which two answers differ. */
const EXAMPLES = 3;

export class ResolverComparison {
  readonly #pool: ResolverPool;
  readonly #asker: Asker;
  readonly #log: Log;
  /** With who differed last. One difference may be a change on its way; the second in a row is shown. */
  readonly #disputed = new Map<TrackedName, string>();
  #turn = 0;
  #outstanding = 0;

  constructor(pool: ResolverPool, asker: Asker, log: Log) {
    this.#pool = pool;
    this.#asker = asker;
    this.#log = log;
  }

  /** After an answer about `name`, which is asked of another resolver too if it is doubted or one is to be probed. */
  mayCompare(name: TrackedName, nowMs: number, changed: (name: TrackedName) => void): void {
    if (this.#disputed.get(name) === this.#pool.preferred && this.#settle(name)) changed(name);
    if (this.#outstanding >= MAX_OUTSTANDING) return;
    const doubted = name.belief?.doubt !== undefined;
    const server = doubted ? this.#pool.secondOpinion : this.#pool.toProbe(nowMs);
    if (server !== undefined) void this.#compare(doubted ? name : this.#next(name), server, { nowMs, changed });
  }

  drop(name: TrackedName): void {
    this.#note(name, undefined);
  }

  /** The resolvers are others now; gives the names of which something else is shown. */
  forget(): readonly TrackedName[] {
    return [...this.#disputed.keys()].filter((name) => this.#settle(name));
  }

  /** Nobody differs any more, or whoever did is the one that counts now. Whether what is shown changes. */
  #settle(name: TrackedName): boolean {
    this.#note(name, undefined);
    const shown = name.disagreement !== undefined;
    name.disagreement = undefined;
    return shown;
  }

  /** Every second time a disputed name, in turn. */
  #next(name: TrackedName): TrackedName {
    this.#turn += 1;
    const [oldest] = this.#disputed;
    if (oldest === undefined || this.#turn % 2 === 0) return name;
    this.#disputed.delete(oldest[0]);
    this.#disputed.set(...oldest);
    return oldest[0];
  }

  async #compare(
    name: TrackedName,
    server: string,
    { nowMs, changed }: { nowMs: number; changed: (name: TrackedName) => void },
  ): Promise<void> {
    this.#outstanding += 1;
    const { answer } = await this.#asker.ask(
      {
        question: name.question,
        resolvers: [server],
        tries: 1,
        tcpFirst: name.tcpFirst(nowMs),
        loses: (data) => wouldLose(name.belief, data),
      },
      nowMs,
    );
    this.#outstanding -= 1;
    if (answer.kind === "failure" || name.belief === undefined || name.usedBy.size === 0) return;
    if (answer.kind === "records" && answer.notWhole !== undefined) return;
    const { belief } = name;
    if (name.confirm({ answer, resolver: server })) changed(name);
    else if (belief.doubt === undefined) {
      const other = answer.kind === "records" ? recordSetOf(answer.data, belief.set) : NO_RECORDS;
      if (this.#judge(name, server, difference(server, belief.set, other))) changed(name);
    }
  }

  /** From the first difference on the preference stays where it is, unless it fails. */
  #note(name: TrackedName, server: string | undefined): void {
    if (server === undefined && !this.#disputed.delete(name)) return;
    if (server !== undefined) this.#disputed.set(name, server);
    this.#pool.dispute(new Set(this.#disputed.values()));
  }

  /** Whether what is shown changes. */
  #judge(name: TrackedName, server: string, text: string | undefined): boolean {
    const before = name.disagreement;
    if (text === undefined) return this.#disputed.get(name) === server && this.#settle(name);
    if (this.#disputed.get(name) === server) name.disagreement = text;
    else if (this.#disputed.size < MAX_DISPUTED) this.#note(name, server);
    if (name.disagreement === before) return false;
    this.#log.warn("dns-resolvers-disagree", { question: questionText(name.question), difference: text });
    return true;
  }
}

/** Undefined when both say the same. */
function difference(server: string, ours: RecordSet, theirs: RecordSet): string | undefined {
  if (isWithin(theirs, ours) && isWithin(ours, theirs)) return undefined;
  const more = [...theirs.written].filter((text) => !ours.written.has(text));
  const fewer = [...ours.written].filter((text) => !theirs.written.has(text));
  return `another resolver, ${server}, answers differently: ${count(more)} more, ${count(fewer)} fewer`;
}

function count(texts: readonly string[]): string {
  if (texts.length === 0) return "none";
  const shown = [...texts].sort().slice(0, EXAMPLES).join(", ");
  return texts.length > EXAMPLES ? `${texts.length} (${shown} ...)` : `${texts.length} (${shown})`;
}
