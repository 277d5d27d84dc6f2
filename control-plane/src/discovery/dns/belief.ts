// What is believed about one question, answer by answer. What an answer adds is believed at once; what it takes away, only
// from an answer that is above doubt. Every doubt ends by itself: with the answers that follow.

import type { RecordData } from "./alias-chain.js";
import type { DnsAnswer, NotWhole } from "./message.js";
import { isWithin, NO_RECORDS, type RecordSet, recordSetOf, union } from "./record-set.js";

/** In a row and alike: as many answers of one resolver end a doubt. A mistake that lasts longer is the zone's. */
const ANSWERS_TO_BELIEVE = 3;
/** That say the same: two servers seldom err alike at one moment. */
const RESOLVERS_TO_BELIEVE = 2;
/** In a row, where no two are alike (a few of many each time): what all of them lack is gone. At 2 s a doubt lasts 20 s at most. */
const ANSWERS_TO_END = 10;

/** Only what was made by `learn` and says something else is another object. */
export interface Belief {
  readonly set: RecordSet;
  /** Whose answer it rests on. */
  readonly resolver: string;
  /** Why `set` may lack some, or hold some that are gone. */
  readonly partial: string | undefined;
  /** Where `set` is empty: whether there is no such name, or no such record. */
  readonly absence: Absence | undefined;
  /** An answer that waits to be confirmed. */
  readonly doubt: Doubt | undefined;
}

export type Absence = "no-name" | "no-data";

interface Doubt {
  readonly set: RecordSet;
  readonly answers: number;
  readonly resolvers: readonly string[];
  /** All that was answered since the doubt began, and how often. */
  readonly given: RecordSet;
  readonly total: number;
}

export interface Heard {
  readonly answer: Exclude<DnsAnswer, { readonly kind: "failure" }>;
  /** `ip:port`. */
  readonly resolver: string;
}

/**
 * The belief after one more answer. Doubted are: an absence where something was known, a resolver that lacks what another
 * one gave, and what came over UDP where TCP was wanted. Until three equal answers in a row or two resolvers say so, the
 * belief is partial and holds both; of ten that differ, all that any of them gave. What is cut, whoever says it, never takes anything away.
 */
export function learn(before: Belief | undefined, { answer, resolver }: Heard): Belief {
  const next = setOf(answer, before);
  const notWhole = answer.kind === "records" ? answer.notWhole : undefined;
  if (notWhole?.kind === "cut") return hold(before, { next, resolver, partial: notWhole.reason, doubt: undefined });
  const why = whyDoubted(before, next, { answer, resolver });
  const believed = { set: next, resolver, absence: absenceIn(answer) };
  if (why === undefined) return believe(before, believed);
  const doubt = doubted(before?.doubt, next, resolver);
  if (doubt.answers >= ANSWERS_TO_BELIEVE || doubt.resolvers.length >= RESOLVERS_TO_BELIEVE) return believe(before, believed);
  // Where TCP is wanted and fails, each answer may be a different part of the whole.
  if (notWhole === undefined && doubt.total >= ANSWERS_TO_END)
    return believe(before, { set: knownOf(before, doubt.given), resolver, absence: undefined });
  return hold(before, { next, resolver, partial: why, doubt });
}

/** A second resolver's answer ends a doubt it shares; it does nothing else. `before` itself where it does not. */
export function confirm(before: Belief, { answer, resolver }: Heard): Belief {
  const { doubt } = before;
  if (doubt === undefined || doubt.resolvers.includes(resolver)) return before;
  const next = setOf(answer, before);
  if (next !== doubt.set) return before;
  return believe(before, { set: next, resolver: doubt.resolvers[0] ?? resolver, absence: absenceIn(answer) });
}

/** Whether believing these records would take something away. */
export function wouldLose(belief: Belief | undefined, data: readonly RecordData[]): boolean {
  if (belief === undefined || belief.set.written.size === 0) return false;
  return !isWithin(belief.set, recordSetOf(data, belief.set));
}

function setOf(answer: Heard["answer"], before: Belief | undefined): RecordSet {
  const next = answer.kind === "records" ? recordSetOf(answer.data, before?.set) : NO_RECORDS;
  return knownOf(before, next);
}

function knownOf(before: Belief | undefined, next: RecordSet): RecordSet {
  return [before?.set, before?.doubt?.set].find((known) => known !== undefined && isSame(known, next)) ?? next;
}

function whyDoubted(before: Belief | undefined, next: RecordSet, { answer, resolver }: Heard): string | undefined {
  const known = before?.set ?? NO_RECORDS;
  const until = `believed once two resolvers or ${ANSWERS_TO_BELIEVE} answers in a row say so`;
  if (next.written.size === 0 && known.written.size > 0) {
    return `${resolver} says that ${answer.kind === "no-name" ? "the name is gone" : "the name has no such records any more"}: ${until}`;
  }
  const notWhole = answer.kind === "records" ? answer.notWhole : undefined;
  if (notWhole !== undefined) return isWhole(before) && next === known ? undefined : `${notWhole.reason}: ${until}`;
  if (before === undefined || resolver === before.resolver || isWithin(known, next)) return undefined;
  return `${resolver} lacks what ${before.resolver} gave: ${until}`;
}

function isWhole(belief: Belief | undefined): boolean {
  return belief !== undefined && belief.partial === undefined;
}

function doubted(before: Doubt | undefined, set: RecordSet, resolver: string): Doubt {
  if (before === undefined) return { set, answers: 1, resolvers: [resolver], given: set, total: 1 };
  const sum = { given: union(before.given, set), total: before.total + 1 };
  if (before.set !== set) return { set, answers: 1, resolvers: [resolver], ...sum };
  const resolvers = before.resolvers.includes(resolver) ? before.resolvers : [...before.resolvers, resolver];
  return { set, answers: before.answers + 1, resolvers, ...sum };
}

function absenceIn({ kind }: Heard["answer"]): Absence | undefined {
  return kind === "records" ? undefined : kind;
}

function believe(before: Belief | undefined, { set, resolver, absence }: Pick<Belief, "set" | "resolver" | "absence">): Belief {
  const isKnown = isWhole(before) && before?.set === set && before.resolver === resolver && before.absence === absence;
  return isKnown && before !== undefined ? before : { set, resolver, absence, partial: undefined, doubt: undefined };
}

interface Held {
  readonly next: RecordSet;
  readonly resolver: string;
  readonly partial: NotWhole["reason"];
  readonly doubt: Doubt | undefined;
}

function hold(before: Belief | undefined, { next, resolver, partial, doubt }: Held): Belief {
  const set = before === undefined ? next : union(before.set, next);
  if (before !== undefined && before.set === set && before.partial === partial && before.doubt === doubt) return before;
  return { set, resolver: before?.resolver ?? resolver, absence: undefined, partial, doubt };
}

function isSame(one: RecordSet, other: RecordSet): boolean {
  return one === other || (one.written.size === other.written.size && isWithin(one, other));
}
