import type { DnsChange } from "./dns-changes.js";

/** What a fault proxy does to the traffic it carries. */
export type Fault =
  | { readonly kind: "pass" }
  /** Nothing listens: connects and datagrams are refused, open connections are reset. */
  | { readonly kind: "refuse" }
  /** Connections are accepted and reset at once, open ones too; datagrams vanish. */
  | { readonly kind: "close" }
  /**
   * Connections are accepted and stay, and nothing is forwarded. As on a network that heals, what was sent meanwhile
   * arrives when the fault ends (datagrams do not). One way only: "requests" towards the server or "answers" from it.
   */
  | { readonly kind: "black-hole"; readonly way?: Way }
  /** The server's side of every connection is closed, the client's stays open and silent for good: also after the fault. */
  | { readonly kind: "half-open" }
  /** Of the answers on each connection this many more bytes are forwarded, then both sides are reset; datagrams are cut to it. */
  | { readonly kind: "cut"; readonly afterBytes: number }
  /** Everything arrives this much later, each way, in order. */
  | { readonly kind: "delay"; readonly ms: number }
  /** Every answer is changed, as a whole DNS message, over UDP and TCP alike. */
  | { readonly kind: "dns"; readonly change: DnsChange };

/** Requests go from the client to the server, answers back. */
export type Way = "requests" | "answers";

/** Everything is forwarded. */
export const PASS: Fault = { kind: "pass" };

/** Whether nothing is to be forwarded on this way now. */
export function isBlocked(fault: Fault, way: Way): boolean {
  return fault.kind === "half-open" || (fault.kind === "black-hole" && (fault.way === undefined || fault.way === way));
}

/** How much later it is to arrive. */
export function delayOf(fault: Fault): number {
  return fault.kind === "delay" ? fault.ms : 0;
}
