// One question, asked of the resolvers in turn until one answers. Message in, what to do next out.

import type { Result } from "@fairlead/shared";
import type { RecordData } from "./alias-chain.js";
import { buildQuery, type DnsAnswer, type DnsFailure, type NotWhole, readAnswer } from "./message.js";
import { isCutShort } from "./message-bytes.js";
import type { Question } from "./question.js";

/** A single resolver gets a second chance: one datagram may be lost. */
const MIN_TRIES = 2;
/** Four silent resolvers are four seconds; the fifth would hardly be the one that works. */
const MAX_TRIES = 4;

/**
 * From here on an answer over UDP is verified over TCP. Servers and middleboxes that cut without saying so (RFC 2181
 * section 9 forbids it) do it at 512 bytes, the least that every one carries; a record has 16 bytes or more.
 */
export const LARGE_UDP_BYTES = 480;

/**
 * A message over TCP has 65,535 bytes at most (RFC 1035 section 4.2.2). Servers are known to fill it with what fits and to
 * say nothing; what comes this near is taken for cut. A record has some 500 bytes at most.
 */
const FULL_TCP_BYTES = 65_000;

export interface Ask {
  /** `ip:port`. */
  readonly server: string;
  readonly protocol: "udp" | "tcp";
  readonly query: Buffer;
}

/** How a question is asked: what is known about it and about the resolvers. */
export interface LookupPlan {
  readonly question: Question;
  /** `ip:port`, in the order in which to ask. */
  readonly resolvers: readonly string[];
  /** At most so many of them, or so many times the only one; by default 2 to 4. */
  readonly tries?: number;
  /** The answer was large, or cut without saying so, before. */
  readonly tcpFirst: boolean;
  /** Servers that are known to refuse EDNS. */
  readonly withoutEdns: (server: string) => boolean;
  /** Whether believing these records would take away something that is known: they are verified over TCP then. */
  readonly loses: (data: readonly RecordData[]) => boolean;
  /** Unpredictable, 0 to 65535 (RFC 5452 section 9.2). */
  readonly nextId: () => number;
}

export interface LookupEnd {
  readonly kind: "done";
  readonly answer: DnsAnswer;
  /** `ip:port` of who answered; undefined when nobody did. */
  readonly resolver: string | undefined;
  /** The answer has so many bytes that the next one had better come over TCP. */
  readonly large: boolean;
  /** Over TCP there were more records than over UDP, where nothing said that there were. */
  readonly cutSilently: boolean;
}

/** `failed`: why the reply before this step was of no use; undefined when it was. `dislikesEdns`: it was for EDNS. */
export type LookupStep = { readonly failed?: string; readonly dislikesEdns?: boolean } & (
  | { readonly kind: "ask"; readonly ask: Ask }
  | LookupEnd
);

const CUT: NotWhole = { kind: "cut", reason: "the answer was truncated over UDP, and TCP failed" };
const UNVERIFIED: NotWhole = { kind: "unverified", reason: "the answer came over UDP, and TCP could not confirm it" };

/** An answer over UDP that TCP could not confirm. */
interface Unverified {
  readonly answer: Extract<DnsAnswer, { readonly kind: "records" }>;
  readonly resolver: string;
}

/**
 * Each ask is a fresh query with a fresh id. Over UDP, what is cut, large or would lose something is asked again of the
 * same server over TCP (RFC 7766); EDNS that is refused is left out (RFC 6891); any other failure moves on to the next
 * server. "No name" and "no data" are answers and end it. Where TCP never worked, what came over UDP is the answer, marked.
 */
export class Lookup {
  readonly #plan: LookupPlan;
  readonly #causes = new Set<string>();
  #tries = 0;
  #current: (Ask & { readonly edns: boolean }) | undefined;
  /** Of the current server. */
  #here: { tcpFailed: boolean; overUdp: Unverified | undefined } = { tcpFailed: false, overUdp: undefined };
  /** The fullest of all servers. */
  #unverified: Unverified | undefined;

  constructor(plan: LookupPlan) {
    this.#plan = plan;
  }

  start(): LookupStep {
    return this.#nextTry();
  }

  /** What came back for the last `ask`: the bytes, or why there are none. */
  reply(result: Result<Buffer>): LookupStep {
    const asked = this.#current;
    if (asked === undefined) throw new Error("a reply to a question that was not asked");
    if (!result.ok) return this.#failed(asked, { kind: "failure", cause: result.error });
    return asked.protocol === "udp" ? this.#overUdp(asked, result.value) : this.#overTcp(asked, result.value);
  }

  #overUdp(asked: Ask & { readonly edns: boolean }, reply: Buffer): LookupStep {
    const answer = readAnswer(reply, asked.query, this.#plan.question);
    // A record that was cut in the middle cannot be read; that it was cut can.
    if (isCutShort(reply, asked.query)) {
      return this.#wantsTcp(asked, answer.kind === "records" && answer.data.length > 0 ? { ...answer, notWhole: CUT } : undefined);
    }
    if (answer.kind === "failure") return this.#failed(asked, answer);
    if (answer.kind === "records" && (reply.byteLength >= LARGE_UDP_BYTES || this.#plan.tcpFirst || this.#plan.loses(answer.data))) {
      return this.#wantsTcp(asked, { ...answer, notWhole: UNVERIFIED });
    }
    return { kind: "done", answer, resolver: asked.server, large: false, cutSilently: false };
  }

  #overTcp(asked: Ask & { readonly edns: boolean }, reply: Buffer): LookupStep {
    const answer = readAnswer(reply, asked.query, this.#plan.question);
    if (answer.kind === "failure") return this.#failed(asked, answer);
    if (answer.kind === "records" && (answer.notWhole !== undefined || reply.byteLength >= FULL_TCP_BYTES)) {
      const notWhole = { kind: "cut", reason: "the answer was truncated even over TCP: DNS cannot carry so many records" } as const;
      return { kind: "done", answer: { ...answer, notWhole }, resolver: asked.server, large: true, cutSilently: false };
    }
    const udp = this.#here.overUdp?.answer;
    const cutSilently = udp?.notWhole?.kind === "unverified" && answer.kind === "records" && countOf(answer.data) > countOf(udp.data);
    return { kind: "done", answer, resolver: asked.server, large: reply.byteLength >= LARGE_UDP_BYTES, cutSilently };
  }

  #wantsTcp({ server }: Ask, answer: Unverified["answer"] | undefined): LookupStep {
    if (answer !== undefined) {
      const unverified = { answer, resolver: server };
      this.#here.overUdp = unverified;
      if (answer.data.length > (this.#unverified?.answer.data.length ?? 0)) this.#unverified = unverified;
    }
    return this.#here.tcpFailed ? this.#nextTry() : this.#ask(server, "tcp");
  }

  #failed(asked: Ask & { readonly edns: boolean }, { cause, dislikesEdns }: DnsFailure): LookupStep {
    const { server, protocol, edns } = asked;
    if (dislikesEdns === true && edns) return { ...this.#ask(server, protocol, false), failed: cause, dislikesEdns };
    this.#causes.add(`${server} ${protocol}: ${cause}`);
    if (protocol === "udp" || this.#here.overUdp !== undefined || !this.#plan.tcpFirst) return { ...this.#nextTry(), failed: cause };
    this.#here.tcpFailed = true;
    return { ...this.#ask(server, "udp"), failed: cause };
  }

  #nextTry(): LookupStep {
    const { resolvers, tcpFirst, tries = Math.min(MAX_TRIES, Math.max(MIN_TRIES, resolvers.length)) } = this.#plan;
    const server = resolvers[this.#tries % resolvers.length];
    if (server === undefined) return this.#end({ kind: "failure", cause: "no resolver is configured and the system names none" });
    // Sorted: which was asked first is no difference between two failures.
    if (this.#tries >= tries) return this.#end({ kind: "failure", cause: [...this.#causes].sort().join("; ") });
    this.#tries += 1;
    this.#here = { tcpFailed: false, overUdp: undefined };
    return this.#ask(server, tcpFirst ? "tcp" : "udp");
  }

  #end(failure: DnsFailure): LookupStep {
    const { answer, resolver } = this.#unverified ?? { answer: failure, resolver: undefined };
    return { kind: "done", answer, resolver, large: this.#unverified !== undefined, cutSilently: false };
  }

  #ask(server: string, protocol: Ask["protocol"], edns = !this.#plan.withoutEdns(server)): LookupStep {
    const ask = { server, protocol, query: buildQuery(this.#plan.nextId(), this.#plan.question, edns), edns };
    this.#current = ask;
    return { kind: "ask", ask };
  }
}

function countOf(data: readonly RecordData[]): number {
  return new Set(data.map((one) => (typeof one === "string" ? one : JSON.stringify(one)))).size;
}
