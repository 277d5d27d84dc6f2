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
  /** WebSocket: a message per connection under way, sent again when it comes back. */
  | { readonly kind: "echo"; readonly port: number; readonly connections: number; readonly seconds: number };

export type LoadReport =
  | { readonly kind: "listening"; readonly ports: readonly number[] }
  | { readonly kind: "began" }
  | {
      readonly kind: "ended";
      readonly answered: number;
      readonly seconds: number;
      readonly p50Us: number;
      readonly p99Us: number;
      /** Why it does not count. */
      readonly fault: string | undefined;
    };
