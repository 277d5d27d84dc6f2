// One reading per service, from all names that feed it.

import { DEFAULT_WEIGHT, DEFAULT_ZONE, type EndpointId, endpointId } from "@fairlead/shared";
import type { DnsNameSettings } from "../../config/index.js";
import { COMPLETE, nextReading, partial } from "../reading.js";
import type { Endpoint, Quarantined, Reading, ServiceReading } from "../source.js";
import type { Belief } from "./belief.js";
import { canonicalName, type Question, questionText } from "./question.js";
import { weightedTargets } from "./srv-endpoints.js";

/** What is known about one question. */
export interface NameState {
  readonly question: Question;
  /** From the answers so far; undefined before the first. */
  readonly belief: Belief | undefined;
  /** Set while the newest attempt failed. `sinceMs` is wall time of the first failure in a row; `tooOld`: beyond `maxStale`. */
  readonly failing: { readonly sinceMs: number; readonly cause: string; readonly tooOld: boolean } | undefined;
  /** Answers over UDP lacked records that TCP had, and did not say so. */
  readonly cutSilently: boolean;
  /** Another resolver's different answer, in words. */
  readonly disagreement: string | undefined;
}

/** What a service is made of: its configured names, and what is known about any question (undefined: it is not asked). */
export interface Feeds {
  readonly names: readonly DnsNameSettings[];
  readonly stateOf: (question: Question) => NameState | undefined;
  /** The last reading in which nothing was amiss: when all is well again and the same, it is this one again. */
  readonly calm?: Reading | undefined;
}

/** Every question the service needs answered now: its own, and the addresses of the SRV targets known so far. */
export function questionsOf({ names, stateOf }: Pick<Feeds, "names" | "stateOf">): readonly Question[] {
  return names.flatMap(({ name, type }) => {
    const question = canonicalName(name);
    if (type === "both") return addressQuestions(question);
    if (type !== "SRV") return [{ name: question, type }];
    const srv: Question = { name: question, type };
    const targets = stateOf(srv)?.belief?.set.targets ?? [];
    return [srv, ...targets.flatMap(({ target }) => addressQuestions(target))];
  });
}

function addressQuestions(name: string): readonly Question[] {
  return [
    { name, type: "A" },
    { name, type: "AAAA" },
  ];
}

/**
 * The service is `pending` until its names have spoken or failed, `stale` when every name that ever spoke fails now, else
 * `seen`. A name that fails keeps what it last gave; one that never spoke, or is doubted, makes the reading partial. Parts
 * equal to `previous` keep their reference.
 */
export function serviceReading(feeds: Feeds, previous: ServiceReading | undefined): ServiceReading {
  const states = statesOf(feeds);
  const spoken = states.filter(({ belief }) => belief !== undefined);
  const waiting = states.some(({ belief, failing }) => belief === undefined && failing === undefined);
  const isFirst = previous === undefined || previous.kind === "pending";
  if (spoken.length === 0 || (isFirst && waiting)) return pending(states, previous);
  const failing = spoken.filter((state) => state.failing !== undefined);
  const allFail = failing.length === spoken.length;
  const reading = new ReadingBuilder(isFirst ? undefined : previous.reading, feeds.calm).add(feeds).explain(states, allFail).build();
  if (!allFail) return previous?.kind === "seen" && previous.reading === reading ? previous : { kind: "seen", reading };
  const sinceMs = Math.min(...failing.map((state) => state.failing?.sinceMs ?? Number.POSITIVE_INFINITY));
  const cause = staleCause(failing);
  const same = previous?.kind === "stale" && previous.reading === reading && previous.sinceMs === sinceMs && previous.cause === cause;
  return same ? previous : { kind: "stale", reading, sinceMs, cause };
}

function statesOf(feeds: Feeds): readonly NameState[] {
  const byText = new Map<string, NameState>();
  for (const question of questionsOf(feeds)) {
    byText.set(
      questionText(question),
      feeds.stateOf(question) ?? { question, belief: undefined, failing: NOT_ASKED, cutSilently: false, disagreement: undefined },
    );
  }
  return [...byText.values()];
}

const NOT_ASKED = { sinceMs: 0, cause: "not asked: the source has too many names", tooOld: false };

function pending(states: readonly NameState[], previous: ServiceReading | undefined): ServiceReading {
  const failing = states.find((state) => state.failing !== undefined);
  if (failing === undefined) return previous?.kind === "pending" ? previous : { kind: "pending" };
  const cause = `${questionText(failing.question)}: ${failing.failing?.cause}`;
  return previous?.kind === "pending" && previous.cause === cause ? previous : { kind: "pending", cause };
}

function staleCause(failing: readonly NameState[]): string {
  const [first] = failing;
  const more = failing.length > 1 ? ` (and ${failing.length - 1} more names)` : "";
  const tooOld = failing.some((state) => state.failing?.tooOld) ? "; beyond maxStale: too old to rely on, kept until an answer comes" : "";
  return first === undefined ? "" : `${questionText(first.question)}: ${first.failing?.cause}${more}${tooOld}`;
}

/** At what an address is offered. */
interface Offer {
  readonly port: number;
  readonly weight: number;
  readonly priority: number;
  readonly prefer: DnsNameSettings["prefer"];
}

class ReadingBuilder {
  readonly #previous: Reading | undefined;
  readonly #calm: Reading | undefined;
  readonly #endpoints = new Map<EndpointId, Endpoint>();
  readonly #quarantined: Quarantined[] = [];
  readonly #lacking: string[] = [];

  constructor(previous: Reading | undefined, calm: Reading | undefined) {
    this.#previous = previous;
    this.#calm = calm;
  }

  add({ names, stateOf }: Feeds): this {
    for (const { name: written, type, port = 0, prefer } of names) {
      const name = canonicalName(written);
      const plain = { weight: DEFAULT_WEIGHT, priority: 0, prefer };
      if (type === "SRV") {
        this.#addService({ names, stateOf }, name, prefer);
        continue;
      }
      const families = type === "both" ? addressQuestions(name).map(stateOf) : [stateOf({ name, type })];
      this.#addHost(families, { ...plain, port });
      this.#explainAbsence(families);
    }
    return this;
  }

  /** That one family of two is empty is no news. */
  #explainAbsence(states: readonly (NameState | undefined)[]): void {
    if (!states.every((state) => state?.belief?.absence !== undefined)) return;
    for (const state of states) {
      const { absence, resolver } = state?.belief ?? {};
      if (state === undefined || absence === undefined) continue;
      const reason = absence === "no-name" ? "there is no such name" : "the name has no such records";
      this.#quarantined.push({ place: `dns ${questionText(state.question)} via ${resolver}`, reason });
    }
  }

  #addService({ stateOf }: Feeds, name: string, prefer: Offer["prefer"]): void {
    const srv = stateOf({ name, type: "SRV" });
    this.#explainAbsence([srv]);
    for (const { target, ...offer } of weightedTargets(srv?.belief?.set.targets ?? [])) {
      const families = addressQuestions(target).map(stateOf);
      this.#addHost(families, { ...offer, prefer });
      if (families.every((family) => family?.belief !== undefined && family.belief.set.written.size === 0)) {
        this.#quarantined.push({ place: `dns ${name}. SRV`, reason: `its target ${target}. has no address` });
      }
    }
  }

  /** @param families what is known about the host's A and AAAA records, or about one of them */
  #addHost(families: readonly (NameState | undefined)[], offer: Offer): void {
    const preferred = families.filter((state) => state?.question.type === (offer.prefer === "ipv4" ? "A" : "AAAA"));
    const usable = offer.prefer !== undefined && preferred.some((state) => (state?.belief?.set.ips.length ?? 0) > 0) ? preferred : families;
    for (const state of usable) if (state?.belief !== undefined) this.#addAddresses(state.question, state.belief, offer);
  }

  #addAddresses(question: Question, { set, resolver }: Belief, { port, weight, priority }: Offer): void {
    const origin = `dns ${questionText(question)} via `;
    for (const ip of set.ips) {
      const id = endpointId({ ip, port });
      if (this.#endpoints.has(id)) continue;
      const before = this.#previous?.endpoints.get(id);
      // Which resolver carried it is no difference: an endpoint that stays keeps saying who announced it first.
      const place = before?.place.startsWith(origin) === true ? before.place : `${origin}${resolver}`;
      const ranked = priority === 0 ? {} : { priority };
      this.#endpoints.set(id, { id, ip, port, weight, zone: DEFAULT_ZONE, ...ranked, place });
    }
  }

  /** @param allFail then the service is stale, which says it all: the reading stays what it was */
  explain(states: readonly NameState[], allFail: boolean): this {
    for (const state of states) {
      const text = questionText(state.question);
      const place = `dns ${text}`;
      const lacks = whyPartial(state);
      if (lacks !== undefined) this.#lacking.push(`${text}: ${lacks}`);
      for (const reason of remarks(state, allFail)) this.#quarantined.push({ place, reason });
    }
    return this;
  }

  build(): Reading {
    const completeness = this.#lacking.length === 0 ? COMPLETE : partial(this.#lacking.join("; "));
    const next = { endpoints: [...this.#endpoints.values()], quarantined: this.#quarantined, completeness };
    const reading = nextReading(this.#previous, next);
    if (reading === this.#previous || this.#calm === undefined) return reading;
    return nextReading(this.#calm, next) === this.#calm ? this.#calm : reading;
  }
}

function whyPartial({ belief, failing }: NameState): string | undefined {
  if (belief !== undefined) return belief.partial ?? whyUnusable(belief);
  return failing === undefined ? "not answered yet" : `never answered: ${failing.cause}`;
}

/** One bad record is somebody's mistake; where most are, whoever answers is at fault, and what it lacks is not known to be gone. */
function whyUnusable({ set: { ips, targets, refused } }: Belief): string | undefined {
  const all = ips.length + targets.length + refused.length;
  return refused.length * 2 > all ? `${refused.length} of ${all} records cannot be used: nothing is removed until most can` : undefined;
}

/** What people should know about a name besides its addresses. */
function remarks({ belief, failing, cutSilently, disagreement }: NameState, allFail: boolean): readonly string[] {
  const refused = belief?.set.refused.map((written) => `"${written}" is not an address anybody can connect to`) ?? [];
  const notes: string[] = [...refused];
  if (cutSilently) notes.push("answers over UDP lack records and do not say so: it is asked over TCP");
  if (disagreement !== undefined) notes.push(disagreement);
  if (failing !== undefined && belief !== undefined && !allFail) {
    const since = new Date(failing.sinceMs).toISOString();
    const age = failing.tooOld ? ", beyond maxStale" : "";
    notes.push(`failing since ${since}${age}, what it last gave is kept: ${failing.cause}`);
  }
  return notes;
}
