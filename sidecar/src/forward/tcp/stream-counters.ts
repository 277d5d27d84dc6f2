/** How a TCP connection from a caller ended. */
export const STREAM_ENDS = ["whole", "reset", "idle", "refused", "unreachable", "sent-away"] as const;
export type StreamEnd = (typeof STREAM_ENDS)[number];

/** What is counted of the TCP connections to one service, for whoever exports it. */
export class StreamCounters {
  /** By position in `STREAM_ENDS`. */
  readonly ended = new Float64Array(STREAM_ENDS.length);
  open = 0;
  bytesUp = 0;
  bytesDown = 0;
  /** Connects beyond the first of a connection. */
  retries = 0;

  /** Connections that ended. */
  get total(): number {
    return this.ended.reduce((sum, count) => sum + count, 0);
  }

  end(how: StreamEnd): void {
    const index = STREAM_ENDS.indexOf(how);
    this.ended[index] = (this.ended[index] ?? 0) + 1;
  }
}
