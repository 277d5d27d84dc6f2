// The bytes that came and are not used up yet. One place to read from, whatever pieces they came in.

/** Room before what is read, so that a new head can be put right before the body that follows it, and both leave in one write. */
export const HEADROOM = 1_024;
/** As much as one read brings at most; what is not touched costs no memory. */
export const READ_BYTES = 64 * 1_024;

export class Inbox {
  /** Reads go here, behind the headroom. */
  readonly own: Buffer;
  /** Where the unused bytes lie: in `own`, or in a copy that joins several reads. */
  bytes: Buffer;
  position = 0;
  end = 0;

  constructor(readBytes = READ_BYTES) {
    this.own = Buffer.allocUnsafeSlow(HEADROOM + readBytes);
    this.bytes = this.own;
  }

  get isEmpty(): boolean {
    return this.position === this.end;
  }

  /** `length` new bytes lie in `own`. What was there before was used up, or kept by `keep`. */
  receive(length: number): void {
    if (this.isEmpty) {
      this.bytes = this.own;
      this.position = HEADROOM;
      this.end = HEADROOM + length;
      return;
    }
    const kept = this.end - this.position;
    const joined = Buffer.allocUnsafeSlow(HEADROOM + kept + length);
    this.bytes.copy(joined, HEADROOM, this.position, this.end);
    this.own.copy(joined, HEADROOM + kept, HEADROOM, HEADROOM + length);
    this.bytes = joined;
    this.position = HEADROOM;
    this.end = HEADROOM + kept + length;
  }

  /** More has to come before these bytes can be used: the next read will not overwrite them. */
  keep(): void {
    if (this.bytes !== this.own || this.isEmpty) return;
    const kept = Buffer.allocUnsafeSlow(HEADROOM + this.end - this.position);
    this.bytes.copy(kept, HEADROOM, this.position, this.end);
    this.end = HEADROOM + this.end - this.position;
    this.position = HEADROOM;
    this.bytes = kept;
  }

  clear(): void {
    this.position = this.end;
  }
}
