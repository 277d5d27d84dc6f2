// What the xDS benches say to their two helpers, the server and the fleet of clients, and what they answer. `atMs` is on the clock of the
// machine (monotonicMs), which all processes share.

export type ServerOrder =
  /**
   * Changes the weight of one endpoint of one cluster, `rounds` times, each after everybody has acknowledged the one before: everybody
   * are the streams of the bench's own clients that are open, or `streams` of them.
   */
  { readonly kind: "push"; readonly rounds: number; readonly streams?: number } | { readonly kind: "measure" };

export type ServerReport =
  | { readonly kind: "listening"; readonly port: number }
  | {
      readonly kind: "pushed";
      readonly pushes: number;
      readonly cpuMicros: number;
      readonly tookMs: number;
      readonly ackedMs: readonly number[];
      /** From a change to the ACK of one client. */
      readonly ackP99Ms: number;
      readonly atMs: number;
    }
  | { readonly kind: "measured"; readonly rssBytes: number };

export type FleetOrder =
  | {
      readonly kind: "connect";
      readonly port: number;
      readonly streams: number;
      /** Each stream subscribes to these names of each of these types. */
      readonly types: readonly string[];
      readonly names: readonly string[];
    }
  /** Cuts what is still connected, all at once, and connects all again at once: with the versions each had. */
  | { readonly kind: "reconnect" }
  /** Reports when every stream has been sent one more response of this type. */
  | { readonly kind: "expect"; readonly typeUrl: string }
  | { readonly kind: "count" }
  | { readonly kind: "disconnect" };

export type FleetReport =
  /** Everybody has had what it lacked. */
  | { readonly kind: "synced"; readonly tookMs: number; readonly resources: number }
  /** Everybody is served again; `cutAtMs` is just before the first connection was cut. */
  | { readonly kind: "served"; readonly cutAtMs: number; readonly connectedAtMs: number; readonly atMs: number }
  | { readonly kind: "expecting" }
  /** When each stream's response had come and its ACK was written. */
  | { readonly kind: "received"; readonly atMs: readonly number[] }
  | {
      readonly kind: "counted";
      /** Since the last connect or reconnect: resources received, and those of them whose version the stream had already. */
      readonly received: number;
      readonly resent: number;
      /** Connections that failed before they were served, and were opened again. */
      readonly retries: number;
    }
  | { readonly kind: "disconnected" };
