// The others' words, by endpoint, as the judge wants them.

import type { EndpointId, ServiceName } from "@fairlead/shared";
import type { Opinion, Vote } from "../health/index.js";
import { type ServiceWord, wordOf } from "./message.js";
import type { Speaker } from "./muting.js";

type Opinions = ReadonlyMap<EndpointId, Opinion>;
type ByEndpoint = ReadonlyMap<EndpointId, readonly Vote[]>;

interface Tallied {
  /** What it was made of. */
  readonly key: string;
  readonly votes: ByEndpoint;
}

/** What follows from equal words is made once. */
export class Tally {
  readonly #tallied = new Map<ServiceName, Tallied>();
  readonly #words = new Map<ServiceName, { readonly opinions: Opinions; readonly word: ServiceWord | undefined }>();

  /** Ours. */
  wordOf(service: ServiceName, opinions: Opinions): ServiceWord | undefined {
    const known = this.#words.get(service);
    if (known?.opinions === opinions) return known.word;
    const word = wordOf(opinions);
    this.#words.set(service, { opinions, word });
    return word;
  }

  /** Undefined where nobody has a word. Equal votes keep their reference. */
  votesOn(service: ServiceName, opinions: Opinions, others: readonly Speaker[]): ByEndpoint | undefined {
    const ours = this.wordOf(service, opinions)?.of;
    const words = others.flatMap(({ id, words: all }) => {
      const word = all.get(service);
      return word === undefined ? [] : [{ id, word }];
    });
    if (words.length === 0) {
      this.#tallied.delete(service);
      return undefined;
    }
    const key = JSON.stringify([ours, words]);
    const before = this.#tallied.get(service);
    if (before?.key === key) return before.votes;
    const votes = votesBy(opinions, words, ours, before?.votes);
    this.#tallied.set(service, { key, votes });
    return votes;
  }

  keepOnly(services: ReadonlyMap<ServiceName, unknown>): void {
    for (const service of this.#words.keys()) {
      if (services.has(service)) continue;
      this.#words.delete(service);
      this.#tallied.delete(service);
    }
  }
}

type Word = { readonly id: string; readonly word: ServiceWord };

function votesBy(opinions: Opinions, words: readonly Word[], ours: string | undefined, before: ByEndpoint | undefined): ByEndpoint {
  const votes = new Map<EndpointId, readonly Vote[]>();
  for (const endpoint of opinions.keys()) {
    const cast = words.flatMap(({ id, word }): readonly Vote[] => {
      const exception = word.but[endpoint];
      if (exception !== undefined) return [{ checker: id, ...exception, callers: undefined }];
      // Who means other endpoints may not know this one.
      return word.of === ours ? [{ ...WELL, checker: id }] : [];
    });
    const was = before?.get(endpoint);
    votes.set(endpoint, was !== undefined && JSON.stringify(was) === JSON.stringify(cast) ? was : cast);
  }
  return votes;
}

const WELL = { status: "healthy", kind: undefined, refusing: false, because: "its checks pass", callers: undefined } as const;
