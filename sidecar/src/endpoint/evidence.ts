// What tries say of an endpoint to who may set it aside.

/** What is known of a try by now. */
export interface Tried {
  readonly pickedMs: number;
  readonly nowMs: number;
  /** Its outcome decides whether an ejected endpoint comes back. */
  readonly probe: boolean;
}

/** How a try ended that brought no answer: no connection, silence, or a connection or answer that broke. */
export type TryFailure = "connect" | "timeout" | "broken";

/** `spared`: it would have been ejected, but too many of its cluster are. */
export type EjectionNews = "none" | "ejected" | "spared";
