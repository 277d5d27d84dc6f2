// What the bench says to its two helpers, the server and the fleet of clients, and what they answer.

export type ServerOrder =
  /** Changes the weight of one endpoint of one cluster, `rounds` times, each after everybody has acknowledged the one before. */
  { readonly kind: "push"; readonly rounds: number } | { readonly kind: "measure" };

export type ServerReport =
  | { readonly kind: "listening"; readonly port: number }
  | { readonly kind: "streams"; readonly count: number }
  | {
      readonly kind: "pushed";
      readonly pushes: number;
      readonly cpuMicros: number;
      readonly tookMs: number;
      readonly ackedMs: readonly number[];
    }
  | { readonly kind: "measured"; readonly rssBytes: number };

export type FleetOrder =
  | {
      readonly kind: "connect";
      readonly port: number;
      readonly streams: number;
      readonly clusters: number;
      readonly held: Readonly<Record<string, string>>;
    }
  | { readonly kind: "disconnect" };

export type FleetReport =
  | { readonly kind: "synced"; readonly tookMs: number; readonly resources: number }
  | { readonly kind: "disconnected" };
