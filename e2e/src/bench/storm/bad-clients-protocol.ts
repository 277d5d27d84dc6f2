// What the bench says to the process of its bad clients, and what that answers.

export const BAD_CLIENTS = ["never_reads", "garbage", "nacks", "silent"] as const;

export type BadClient = (typeof BAD_CLIENTS)[number];

export interface BadClientOrder {
  /** Begin, or stop and leave nothing open. */
  readonly act: boolean;
}

export type BadClientReport = { readonly kind: "acting" } | { readonly kind: "resting" };
