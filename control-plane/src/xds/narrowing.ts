// Which of several resources a client refused, when it does not say: asked by halves (decision D5).

import type { Resource } from "./resource-set.js";

/** One bad resource among 64 is found within it, and the others cleared; a client that refuses everything costs no more. */
export const NARROWING_TRIES = 8;

/** A resource that may be the one, and what the client had under its name before. */
export interface Suspect {
  readonly resource: Resource;
  readonly before: Resource | undefined;
}

interface Question {
  readonly group: readonly Suspect[];
  /** One of these is bad if nobody of the group is. */
  readonly otherwise: readonly Suspect[];
}

export class Narrowing {
  readonly #questions: Question[] = [];
  /** Beside a bad half: asked about last and together, since most often only one is bad. */
  #leftovers: readonly Suspect[] = [];
  #next: Question | undefined;
  #asked: Question | undefined;
  #triesLeft = NARROWING_TRIES;

  /** One of these is bad. Begins anew: a response that was not one of ours was refused. */
  begin(suspects: readonly Suspect[]): void {
    this.#questions.length = 0;
    this.#leftovers = [];
    this.#triesLeft = NARROWING_TRIES;
    this.#split(suspects);
  }

  /** The resources to send next, as far as they are still of interest; undefined when there is nothing to find out. */
  next(isOfInterest: (resource: Resource) => boolean): readonly Suspect[] | undefined {
    while (this.#triesLeft > 0) {
      const question = this.#questions.at(-1) ?? this.#lastQuestion();
      if (question === undefined) return undefined;
      const group = question.group.filter(({ resource }) => isOfInterest(resource));
      this.#next = { group, otherwise: question.otherwise };
      if (group.length > 0) return group;
      this.#questions.pop();
      this.#split(question.otherwise);
    }
    this.#questions.length = 0;
    this.#leftovers = [];
    return undefined;
  }

  #lastQuestion(): Question | undefined {
    if (this.#leftovers.length === 0) return undefined;
    const question = { group: this.#leftovers, otherwise: [] };
    this.#questions.push(question);
    this.#leftovers = [];
    return question;
  }

  /** Nothing is asked, and nothing is to be asked. */
  get isOver(): boolean {
    return this.#asked === undefined && this.#questions.length === 0 && this.#leftovers.length === 0;
  }

  /** Everybody who is still suspected. */
  get suspects(): readonly Suspect[] {
    return [...this.#leftovers, ...this.#questions.flatMap(({ group, otherwise }) => [...group, ...otherwise])];
  }

  /** What `next` gave last was sent. */
  asked(): void {
    this.#asked = this.#next;
    this.#questions.pop();
    this.#triesLeft -= 1;
  }

  /** The client answered the response sent last: whom that asked about; undefined when it was no question. */
  answer(accepted: boolean): readonly Suspect[] | undefined {
    const question = this.#asked;
    if (question === undefined) return undefined;
    this.#asked = undefined;
    if (accepted) this.#split(question.otherwise);
    else {
      this.#leftovers = [...this.#leftovers, ...question.otherwise];
      if (question.group.length > 1) this.#split(question.group);
    }
    return question.group;
  }

  #split(suspects: readonly Suspect[]): void {
    if (suspects.length === 0) return;
    const half = Math.ceil(suspects.length / 2);
    this.#questions.push({ group: suspects.slice(0, half), otherwise: suspects.slice(half) });
  }
}
