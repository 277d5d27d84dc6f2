import type { Origins } from "./lane.js";

/** To the process that paces and echoes. */
export type LoadOrder =
  /** Open loop: requests leave at random moments (Poisson), whatever has been answered. */
  | {
      readonly kind: "pace";
      readonly port: number;
      readonly connections: number;
      readonly perSecond: number;
      readonly seconds: number;
    }
  /** A message per connection under way, sent again when it comes back. */
  | {
      readonly kind: "echo";
      readonly over: "websocket" | "tcp";
      readonly port: number;
      readonly connections: number;
      readonly seconds: number;
    }
  /** As many bytes as go through: from the `source`, or to the `echo` and back. */
  | {
      readonly kind: "bulk";
      readonly from: "source" | "echo";
      readonly port: number;
      readonly connections: number;
      readonly seconds: number;
    };

export type LoadReport =
  | { readonly kind: "listening"; readonly origins: Omit<Origins, "files"> }
  | { readonly kind: "began" }
  | {
      readonly kind: "ended";
      /** Requests, messages that came back, or MiB received. */
      readonly answered: number;
      readonly seconds: number;
      /** 0 where nothing is answered one by one. */
      readonly p50Us: number;
      readonly p99Us: number;
      /** Why it does not count. */
      readonly fault: string | undefined;
    };
