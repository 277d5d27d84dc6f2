export interface TypeStreamOptions {
  readonly typeUrl: string;
  readonly variant: "sotw" | "delta";
  /** Bytes of resources in one response, where it can be split. */
  readonly responseBytes: number;
  /** Delta: answer every name of a first request, whatever the client claims to have of it (xDS rule R30). */
  readonly distrustsClaims: boolean;
  readonly nowMs: () => number;
  /** The client understands a time to live (xDS rule R31). */
  readonly timed: boolean;
}
