// DNS messages in and out, without sockets. What the bytes say is a typed answer; nothing here throws on what a server sends.

import { type Answer, type DecodedPacket, decode, encode, RECURSION_DESIRED } from "dns-packet";
import { type Followed, followAliases, type RecordData } from "./alias-chain.js";
import { echoesQuestion } from "./message-bytes.js";
import type { Question } from "./question.js";

/**
 * The largest UDP answer we ask for (EDNS, RFC 6891): it fits one unfragmented packet on every path that carries IPv6's
 * minimum MTU of 1280, less 48 bytes of headers. What is larger comes over TCP.
 */
const UDP_PAYLOAD_BYTES = 1_232;

/** Why an answer with records may not be all there is. */
export interface NotWhole {
  /** `cut`: the server says that there is more. `unverified`: it came over UDP where TCP was wanted and could not be had. */
  readonly kind: "cut" | "unverified";
  readonly reason: string;
}

/** What one server said. The four outcomes have different consequences and are never folded into one another. */
export type DnsAnswer =
  /** `ttlS` is the smallest of the alias chain and its records. */
  | { readonly kind: "records"; readonly data: readonly RecordData[]; readonly ttlS: number; readonly notWhole?: NotWhole }
  /** The name exists, but has no record of this type. `ttlS` as the SOA record says (RFC 2308), undefined without one. */
  | { readonly kind: "no-data"; readonly ttlS: number | undefined }
  | { readonly kind: "no-name"; readonly ttlS: number | undefined }
  | DnsFailure;

export interface DnsFailure {
  readonly kind: "failure";
  readonly cause: string;
  /** The server does not understand EDNS, and may well answer without. */
  readonly dislikesEdns?: boolean;
}

/** The query for `question`. Throws only on a name that is none; the config schema lets no such name through. */
export function buildQuery(id: number, { name, type }: Question, edns = true): Buffer {
  return encode({ type: "query", id, flags: RECURSION_DESIRED, questions: [{ type, name }], additionals: edns ? [EDNS] : [] });
}

const EDNS: Answer = {
  type: "OPT",
  name: ".",
  udpPayloadSize: UDP_PAYLOAD_BYTES,
  extendedRcode: 0,
  ednsVersion: 0,
  flags: 0,
  flag_do: false,
  options: [],
};

/**
 * Reads what came back for `query`, which asked `question`. A reply that does not echo both is a failure: it answers
 * somebody else, or nobody (RFC 5452 section 9.1).
 */
export function readAnswer(bytes: Buffer, query: Buffer, question: Question): DnsAnswer {
  if (!echoesQuestion(bytes, query)) return failure("the reply does not belong to the query");
  const packet = decodeSafely(bytes);
  if (typeof packet === "string") return failure(`the reply is not readable: ${packet}`);
  const rcode = rcodeOf(packet);
  if (rcode !== NOERROR && rcode !== NXDOMAIN) {
    return { ...failure(`the server answered ${RCODE_NAMES[rcode] ?? `rcode ${rcode}`}`), dislikesEdns: WITHOUT_EDNS.has(rcode) };
  }
  if ((packet.questions ?? []).length === 0) return failure("the reply does not repeat the question");
  const followed = followAliases(packet.answers ?? [], question);
  if (!followed.ok) return failure(followed.error);
  return interpret(packet, rcode, followed.value);
}

function interpret(packet: DecodedPacket, rcode: number, { data, ttlS, end, aliases }: Followed): DnsAnswer {
  if (data.length > 0) {
    if (packet.flag_tc) return { kind: "records", data, ttlS, notWhole: TRUNCATED };
    // RFC 2782: the one target "." says that the service is decidedly not available at this name.
    return data.every(saysNoService) ? { kind: "no-data", ttlS } : { kind: "records", data, ttlS };
  }
  const soaTtlS = negativeTtlS(packet.authorities ?? []);
  // RFC 6604: with aliases the code speaks of the last name of the chain.
  if (rcode === NXDOMAIN) return { kind: "no-name", ttlS: soaTtlS };
  if (packet.flag_tc) return { kind: "records", data, ttlS, notWhole: TRUNCATED };
  if (soaTtlS === undefined && aliases > 0) {
    return failure(`the answer ends at the alias ${end} without saying what is there: ask a resolver that follows aliases`);
  }
  // RFC 2308 section 2.2: name servers without a SOA record are a referral, not "no data".
  if (soaTtlS === undefined && (packet.authorities ?? []).some((record) => record.type === "NS")) {
    return failure("the server refers to other servers: ask a resolver that recurses");
  }
  return { kind: "no-data", ttlS: soaTtlS };
}

const TRUNCATED: NotWhole = { kind: "cut", reason: "the answer was truncated" };

function saysNoService(data: RecordData): boolean {
  return typeof data !== "string" && data.target === "";
}

const NOERROR = 0;
const NXDOMAIN = 3;
/** RFC 1035 section 4.1.1 and RFC 6891; the others are shown by number. */
const RCODE_NAMES: Readonly<Record<number, string>> = {
  1: "FORMERR",
  2: "SERVFAIL",
  4: "NOTIMP",
  5: "REFUSED",
  9: "NOTAUTH",
  16: "BADVERS",
};
/** What servers that do not know EDNS answer to it (RFC 6891 section 7), and those that do not know its version. */
const WITHOUT_EDNS: ReadonlySet<number> = new Set([1, 4, 16]);

/** The header's four bits, and the eight more that an OPT record carries (RFC 6891 section 6.1.3). */
function rcodeOf(packet: DecodedPacket): number {
  const low = (packet.flags ?? 0) & 0xf;
  const opt = (packet.additionals ?? []).find((record) => record.type === "OPT");
  return opt === undefined ? low : (opt.extendedRcode << 4) | low;
}

/** RFC 2308 section 5: the smaller of the SOA record's own TTL and its minimum field. */
function negativeTtlS(authorities: readonly Answer[]): number | undefined {
  const soa = authorities.find((record) => record.type === "SOA");
  if (soa === undefined) return undefined;
  return Math.min(soa.ttl ?? 0, soa.data.minimum ?? 0);
}

function decodeSafely(bytes: Buffer): DecodedPacket | string {
  try {
    return decode(bytes);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function failure(cause: string): DnsFailure {
  return { kind: "failure", cause };
}
