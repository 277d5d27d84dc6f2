/** A pending task. Cancelling one that has run is harmless. */
export interface Timer {
  cancel(): void;
}

/** Time, as an argument. Outside `io/` nothing reads the clock of the machine. */
export interface Clock {
  /** Monotonic milliseconds; only differences mean anything. */
  nowMs(): number;
  /** Milliseconds since 1970, for files and people; never for measuring, it may jump. */
  wallMs(): number;
  /** Runs `task` once, `delayMs` from now, never before this call returns. */
  schedule(delayMs: number, task: () => void): Timer;
}
