// What a ZooKeeper server sends, cut into frames: four bytes of length, then an answer or an event.

/** The answer to a list of 26,000 names of 600 bytes, far beyond what a server sends unless told to (jute.maxbuffer, 1 MiB). */
const MAX_FRAME_BYTES = 16 * 1_024 * 1_024;
/** No ZooKeeper sends this; whoever does speaks another protocol ("HTTP" is 1.2 GB). */
const MAX_SKIPPED_BYTES = 256 * 1_024 * 1_024;
const LENGTH_BYTES = 4;
/** xid, zxid and error code of every reply but the handshake's. */
const HEADER_BYTES = 16;

/** Errors of the reply that stands in for one too large to read: the protocol's own code for what cannot be (un)marshalled. */
export const TOO_LARGE_CODE = -5;

/** What a reply begins with. */
export interface ReplyHeader {
  /** Negative: not a reply to a request (event, ping, auth). */
  readonly xid: number;
  /** Newest transaction the server had applied. */
  readonly zxid: bigint;
  readonly code: number;
}

/**
 * Collects what arrives until a frame is whole. A frame larger than we read is skipped, and its header alone is passed on as
 * a failed reply: one path that is too large costs the others nothing.
 */
export class FrameReader {
  #chunks: Buffer[] = [];
  #bytes = 0;
  /** Of a frame being skipped, still to come. */
  #toSkip = 0;

  /** The frames that are whole now, lengths included, or what is wrong with what came. */
  push(chunk: Buffer): { readonly frames: readonly Buffer[]; readonly problem?: string } {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    const frames: Buffer[] = [];
    for (;;) {
      if (this.#toSkip > 0 && !this.#skip()) return { frames };
      if (this.#bytes < LENGTH_BYTES) return { frames };
      const length = this.#peek(LENGTH_BYTES).readInt32BE();
      if (length < 0 || length > MAX_SKIPPED_BYTES) return { frames, problem: `a frame of ${length} bytes: no ZooKeeper server` };
      if (length > MAX_FRAME_BYTES) {
        if (this.#bytes < LENGTH_BYTES + HEADER_BYTES) return { frames };
        frames.push(failedReply(this.#take(LENGTH_BYTES + HEADER_BYTES)));
        this.#toSkip = length - HEADER_BYTES;
      } else if (this.#bytes < LENGTH_BYTES + length) return { frames };
      else frames.push(this.#take(LENGTH_BYTES + length));
    }
  }

  /** True once nothing is left to skip. */
  #skip(): boolean {
    const now = Math.min(this.#toSkip, this.#bytes);
    if (now > 0) this.#take(now);
    this.#toSkip -= now;
    return this.#toSkip === 0;
  }

  /** The first bytes, which are there, in one buffer. */
  #peek(bytes: number): Buffer {
    const [first] = this.#chunks;
    if (first !== undefined && first.length >= bytes) return first;
    const joined = Buffer.concat(this.#chunks);
    this.#chunks = [joined];
    return joined;
  }

  #take(bytes: number): Buffer {
    const whole = this.#peek(bytes);
    const rest = whole.subarray(bytes);
    this.#chunks.shift();
    if (rest.length > 0) this.#chunks.unshift(rest);
    this.#bytes -= bytes;
    return whole.subarray(0, bytes);
  }
}

/** The header of a whole reply, undefined for what is too short to be one. */
export function replyHeaderOf(frame: Buffer): ReplyHeader | undefined {
  if (frame.length < LENGTH_BYTES + HEADER_BYTES) return undefined;
  return { xid: frame.readInt32BE(4), zxid: frame.readBigInt64BE(8), code: frame.readInt32BE(16) };
}

/** The same reply with another error code. */
export function withCode(frame: Buffer, code: number): Buffer {
  const reply = Buffer.from(frame);
  reply.writeInt32BE(code, LENGTH_BYTES + 12);
  return reply;
}

function failedReply(header: Buffer): Buffer {
  const reply = withCode(header, TOO_LARGE_CODE);
  reply.writeInt32BE(HEADER_BYTES, 0);
  return reply;
}
