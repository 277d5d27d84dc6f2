/** A DNS message over TCP is preceded by its length in two bytes (RFC 1035 section 4.2.2). */
const prefixBytes = 2;

/** Puts the messages of a TCP connection together again. At most one incomplete message (64 KiB) is kept. */
export class DnsFrames {
  #rest = Buffer.alloc(0);

  /** Takes what arrived and gives the messages that are complete now. */
  push(bytes: Buffer): Buffer[] {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    const messages: Buffer[] = [];
    for (;;) {
      if (this.#rest.length < prefixBytes) return messages;
      const end = prefixBytes + this.#rest.readUInt16BE(0);
      if (this.#rest.length < end) return messages;
      messages.push(this.#rest.subarray(prefixBytes, end));
      this.#rest = this.#rest.subarray(end);
    }
  }
}

/** The message with its length in front. */
export function framedDns(message: Buffer): Buffer {
  const prefix = Buffer.alloc(prefixBytes);
  prefix.writeUInt16BE(message.length);
  return Buffer.concat([prefix, message]);
}
