// A connection as the protocol machines see it. In `io/` it is a socket; in tests it is a list of what was written.

/** What a machine can do with its connection. */
export interface Wire {
  /** Takes all of it. Until `isFlushed` the memory must stay as it is. */
  write(bytes: Uint8Array): void;
  /** Everything written until `uncork` leaves together. */
  cork(): void;
  uncork(): void;
  /** Whether everything written has left. Where not, `onFlushed` of the machine is called when it has. */
  readonly isFlushed: boolean;
  /** Stops and goes on reading. */
  pause(): void;
  resume(): void;
  /** FIN, after what was written; what the peer still sends is read. */
  end(): void;
  /** The same, and nothing is read any more. */
  close(): void;
  /** RST: to an HTTP/1.0 caller a FIN would make a broken answer look whole. */
  reset(): void;
}

/** What a connection tells its machine. */
export interface WireEvents {
  /** `length` bytes came into the machine's inbox. */
  onReceived(length: number): void;
  onFlushed(): void;
  /** The peer has sent its FIN. */
  onEnd(): void;
  /** Last of all. @param code of the error it ended with, such as ECONNRESET */
  onClosed(code: string | undefined): void;
}
