// One question, asked of the resolvers in turn until one answers. Message in, what to do next out.

import type { Result } from "@fairlead/shared";
import { buildQuery, type DnsAnswer, isCutShort, readAnswer } from "./message.js";
import type { Question } from "./question.js";

/** Per try. A resolver with the name in its cache answers in milliseconds, one without in a few hundred. */
export const TRY_TIMEOUT_MS = 1_000;
/** A single resolver gets a second chance: one datagram may be lost. */
const MIN_TRIES = 2;
/** Four silent resolvers are four seconds; the fifth would hardly be the one that works. */
const MAX_TRIES = 4;

export interface Ask {
  /** `ip:port`. */
  readonly server: string;
  readonly protocol: "udp" | "tcp";
  readonly query: Buffer;
}

export type LookupStep =
  | { readonly kind: "ask"; readonly ask: Ask }
  /** `resolver` is who answered; undefined when nobody did. */
  | { readonly kind: "done"; readonly answer: DnsAnswer; readonly resolver: string | undefined };

/**
 * Each try is a fresh query with a fresh id. A truncated UDP answer is asked again of the same server over TCP (RFC 7766);
 * any failure moves on to the next server; "no name" and "no data" are answers and end it.
 */
export class Lookup {
  readonly #question: Question;
  readonly #resolvers: readonly string[];
  readonly #nextId: () => number;
  readonly #causes: string[] = [];
  #tries = 0;
  #current: (Ask & { readonly id: number }) | undefined;

  /**
   * @param resolvers `ip:port`, in the order in which to ask
   * @param nextId unpredictable, 0 to 65535 (RFC 5452 section 9.2)
   */
  constructor(question: Question, resolvers: readonly string[], nextId: () => number) {
    this.#question = question;
    this.#resolvers = resolvers;
    this.#nextId = nextId;
  }

  start(): LookupStep {
    return this.#nextTry();
  }

  /** What came back for the last `ask`: the bytes, or why there are none. */
  reply(result: Result<Buffer>): LookupStep {
    const asked = this.#current;
    if (asked === undefined) throw new Error("a reply to a question that was not asked");
    if (result.ok && asked.protocol === "udp" && isCutShort(result.value, asked.id)) return this.#ask(asked.server, "tcp");
    const answer: DnsAnswer = result.ok ? readAnswer(result.value, asked.id, this.#question) : { kind: "failure", cause: result.error };
    if (answer.kind === "failure") {
      this.#note(`${asked.server} ${asked.protocol}: ${answer.cause}`);
      return this.#nextTry();
    }
    return { kind: "done", answer, resolver: asked.server };
  }

  #nextTry(): LookupStep {
    const server = this.#resolvers[this.#tries % this.#resolvers.length];
    if (server === undefined) return done("no resolver is configured and the system names none");
    if (this.#tries >= Math.min(MAX_TRIES, Math.max(MIN_TRIES, this.#resolvers.length))) return done(this.#causes.join("; "));
    this.#tries += 1;
    return this.#ask(server, "udp");
  }

  #ask(server: string, protocol: Ask["protocol"]): LookupStep {
    const id = this.#nextId();
    const ask = { id, server, protocol, query: buildQuery(id, this.#question) };
    this.#current = ask;
    return { kind: "ask", ask };
  }

  /** Two tries that failed alike are one cause. */
  #note(cause: string): void {
    if (!this.#causes.includes(cause)) this.#causes.push(cause);
  }
}

function done(cause: string): LookupStep {
  return { kind: "done", answer: { kind: "failure", cause }, resolver: undefined };
}
