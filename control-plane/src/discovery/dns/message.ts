// DNS messages in and out, without sockets. What the bytes say is a typed answer; nothing here throws on what a server sends.

import { type Answer, type DecodedPacket, decode, encode, RECURSION_DESIRED } from "dns-packet";
import { type Followed, followAliases } from "./alias-chain.js";
import { canonicalName, type Question } from "./question.js";

/**
 * The largest UDP answer we ask for (EDNS, RFC 6891): it fits one unfragmented packet on every path that carries IPv6's
 * minimum MTU of 1280, less 48 bytes of headers. What is larger comes over TCP.
 */
const UDP_PAYLOAD_BYTES = 1_232;

/** What one server said. The four outcomes have different consequences and are never folded into one another. */
export type DnsAnswer =
  /** `truncated`: the server says that this is not all. `ttlS` is the smallest of the alias chain and its addresses. */
  | { readonly kind: "records"; readonly addresses: readonly string[]; readonly ttlS: number; readonly truncated: boolean }
  /** The name exists, but has no address of this type. `ttlS` as the SOA record says (RFC 2308), undefined without one. */
  | { readonly kind: "no-data"; readonly ttlS: number | undefined }
  | { readonly kind: "no-name"; readonly ttlS: number | undefined }
  | { readonly kind: "failure"; readonly cause: string };

/** The query for `question`. Throws only on a name that is none; the config schema lets no such name through. */
export function buildQuery(id: number, { name, type }: Question): Buffer {
  return encode({
    type: "query",
    id,
    flags: RECURSION_DESIRED,
    questions: [{ type, name }],
    additionals: [
      {
        type: "OPT",
        name: ".",
        udpPayloadSize: UDP_PAYLOAD_BYTES,
        extendedRcode: 0,
        ednsVersion: 0,
        flags: 0,
        flag_do: false,
        options: [],
      },
    ],
  });
}

/**
 * Reads what came back for the query `id` and `question`. A reply that does not echo both is a failure: it answers
 * somebody else, or nobody (RFC 5452 section 9.1).
 */
export function readAnswer(bytes: Buffer, id: number, question: Question): DnsAnswer {
  const packet = decodeSafely(bytes);
  if (typeof packet === "string") return failure(`the reply is not readable: ${packet}`);
  if (packet.id !== id || packet.type !== "response") return failure("the reply does not belong to the query");
  if (!echoes(packet, question)) return failure("the reply does not repeat the question");
  const rcode = rcodeOf(packet);
  if (rcode !== NOERROR && rcode !== NXDOMAIN) return failure(`the server answered ${RCODE_NAMES[rcode] ?? `rcode ${rcode}`}`);
  const followed = followAliases(packet.answers ?? [], question);
  if (!followed.ok) return failure(followed.error);
  return interpret(packet, rcode, followed.value);
}

/**
 * Whether these bytes are a reply to query `id` that was cut to fit a datagram. It needs no decoding, and a record cut in
 * the middle could not be decoded.
 */
export function isCutShort(bytes: Buffer, id: number): boolean {
  if (bytes.byteLength < HEADER_BYTES || bytes.readUInt16BE(0) !== id) return false;
  return (bytes.readUInt16BE(2) & (RESPONSE_BIT | TRUNCATED_BIT)) === (RESPONSE_BIT | TRUNCATED_BIT);
}

/** RFC 1035 section 4.1.1. */
const HEADER_BYTES = 12;
const RESPONSE_BIT = 0x8000;
const TRUNCATED_BIT = 0x0200;

function interpret(packet: DecodedPacket, rcode: number, { addresses, ttlS, end, aliases }: Followed): DnsAnswer {
  if (addresses.length > 0) return { kind: "records", addresses, ttlS, truncated: packet.flag_tc };
  const soaTtlS = negativeTtlS(packet.authorities ?? []);
  // RFC 6604: with aliases the code speaks of the last name of the chain.
  if (rcode === NXDOMAIN) return { kind: "no-name", ttlS: soaTtlS };
  if (packet.flag_tc) return { kind: "records", addresses, ttlS, truncated: true };
  if (soaTtlS === undefined && aliases > 0) {
    return failure(`the answer ends at the alias ${end} without saying what is there: ask a resolver that follows aliases`);
  }
  // RFC 2308 section 2.2: name servers without a SOA record are a referral, not "no data".
  if (soaTtlS === undefined && (packet.authorities ?? []).some((record) => record.type === "NS")) {
    return failure("the server refers to other servers: ask a resolver that recurses");
  }
  return { kind: "no-data", ttlS: soaTtlS };
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

/** The header's four bits, and the eight more that an OPT record carries (RFC 6891 section 6.1.3). */
function rcodeOf(packet: DecodedPacket): number {
  const low = (packet.flags ?? 0) & 0xf;
  const opt = (packet.additionals ?? []).find((record) => record.type === "OPT");
  return opt === undefined ? low : (opt.extendedRcode << 4) | low;
}

function echoes(packet: DecodedPacket, { name, type }: Question): boolean {
  const [only, ...more] = packet.questions ?? [];
  return only !== undefined && more.length === 0 && only.type === type && only.class === "IN" && canonicalName(only.name) === name;
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

function failure(cause: string): DnsAnswer {
  return { kind: "failure", cause };
}
