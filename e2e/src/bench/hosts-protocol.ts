import type { Death } from "./wipe/plan.js";

/** To the process of the hosts. */
export type HostOrder = { readonly host: number; readonly become: Death };

/** From it: all of them listen; an order is in force. */
export type HostsReport =
  | { readonly kind: "listening"; readonly ports: readonly number[] }
  | { readonly kind: "obeyed"; readonly host: number };
