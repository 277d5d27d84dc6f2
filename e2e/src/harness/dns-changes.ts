// What can be done to a DNS answer on its way. A change gets the whole message and gives the one to forward instead, or
// undefined to drop it. RFC 1035 section 4.1 has the layout of the header.

import { type Answer, type DecodedPacket, decode, encode, type RecordType, TRUNCATED_RESPONSE } from "dns-packet";

/** A message in, the message to forward out; undefined drops it. */
export type DnsChange = (message: Buffer, transport: DnsTransport) => Buffer | undefined;

export type DnsTransport = "udp" | "tcp";

/** Codes of RFC 1035 section 4.1.1. */
const CODES = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const;

/** Nothing comes back. */
export const dropped: DnsChange = () => undefined;

/** The same with TC set: the honest way to leave something out. */
export function withTc(change: DnsChange): DnsChange {
  return (message, transport) => {
    const instead = change(message, transport);
    if (instead === undefined) return undefined;
    const copy = Buffer.from(instead);
    copy.writeUInt16BE(copy.readUInt16BE(2) | TRUNCATED_RESPONSE, 2);
    return copy;
  };
}

/** Only the first so many answers, with TC ... */
export function truncatedTo(count: number): DnsChange {
  return withTc(silentlyTruncatedTo(count));
}

/** ... or without it. The same ones each time. */
export function silentlyTruncatedTo(count: number): DnsChange {
  return changed((packet) => ({ ...packet, answers: packet.answers.slice(0, count) }));
}

/** So many of the answers, chosen anew for each message, without TC. */
export function randomSubset(count: number, random: () => number): DnsChange {
  return changed((packet) => ({ ...packet, answers: shuffle(packet.answers, random).slice(0, count) }));
}

/** An answer to a question that was asked by somebody else: the id is another one. */
export const wrongId: DnsChange = (message) => {
  const copy = Buffer.from(message);
  copy.writeUInt16BE(copy.readUInt16BE(0) ^ 0x5555, 0);
  return copy;
};

/** The right id, but the question (and the owner of what answers it) is another name. */
export const wrongQuestion: DnsChange = changed((packet) => {
  const asked = packet.questions[0]?.name ?? "";
  const other = `other-${asked}`;
  return {
    ...packet,
    questions: packet.questions.map((question) => ({ ...question, name: other })),
    answers: packet.answers.map((answer) => (answer.name === asked ? { ...answer, name: other } : answer)),
  };
});

/** This response code and no answers. */
export function answeredWith(code: keyof typeof CODES): DnsChange {
  return changed((packet) => ({ ...packet, flags: (packet.flags & ~15) | CODES[code], answers: [] }));
}

/** No more than so many bytes of the message. */
export function cutTo(bytes: number): DnsChange {
  return (message) => message.subarray(0, bytes);
}

/** The answers are replaced by what the function makes of them. */
export function answersBecome(make: (answers: readonly Answer[]) => Answer[]): DnsChange {
  return changed((packet) => ({ ...packet, answers: make(packet.answers) }));
}

/** A change for answers to questions of one type only. */
export function onlyFor(type: RecordType, change: DnsChange): DnsChange {
  return (message, transport) => (questionIn(message)?.type === type ? change(message, transport) : message);
}

/** The question a message carries; undefined when it cannot be read. */
export function questionIn(message: Buffer): { readonly name: string; readonly type: RecordType } | undefined {
  try {
    const question = decode(message).questions?.[0];
    return question === undefined ? undefined : { name: question.name, type: question.type };
  } catch {
    return undefined;
  }
}

type Readable = DecodedPacket & {
  readonly flags: number;
  readonly questions: NonNullable<DecodedPacket["questions"]>;
  readonly answers: Answer[];
};

/** Names are not compressed again: the result may be longer than what came. */
function changed(change: (packet: Readable) => Readable): DnsChange {
  return (message) => {
    const { flags = 0, questions = [], answers = [], ...rest } = decode(message);
    const packet = change({ ...rest, flags, questions, answers });
    return encode({
      id: packet.id ?? 0,
      type: "response",
      flags: packet.flags,
      questions: packet.questions,
      answers: packet.answers,
      authorities: packet.authorities ?? [],
      additionals: packet.additionals ?? [],
    });
  };
}

/** Fisher and Yates. */
function shuffle(answers: readonly Answer[], random: () => number): Answer[] {
  const result = [...answers];
  for (let last = result.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    const moved = result[last];
    const taken = result[other];
    if (moved === undefined || taken === undefined) continue;
    result[last] = taken;
    result[other] = moved;
  }
  return result;
}
