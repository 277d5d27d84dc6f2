/** The stream to the control plane, as people and the age of verdicts see it. Wall times. */
export type Connection =
  | { readonly kind: "connecting"; readonly address: string; readonly sinceMs: number }
  | { readonly kind: "connected"; readonly address: string; readonly sinceMs: number }
  /** Stays so, from the first loss, while reconnects go on; `cause` and `failures` are the latest. */
  | {
      readonly kind: "disconnected";
      readonly sinceMs: number;
      readonly cause: string;
      readonly failures: number;
      /** Whether this process has ever been connected. */
      readonly wasConnected: boolean;
    };
