// Which resources a client can take, and what of our settings it honours.

import type { Protocol } from "@fairlead/shared";
import type { LbPolicy } from "../config/index.js";

export const CLIENT_KINDS = ["envoy", "grpc-go", "grpc-java", "grpc-c-core", "grpc-node", "fairlead", "other"] as const;
/**
 * One model is rendered for each: what one client accepts another NACKs, and one refused Cluster in a shared answer would
 * break that client alone.
 */
export type ClientKind = (typeof CLIENT_KINDS)[number];

export interface ClientTraits {
  /** For people. */
  readonly label: string;
  /** gRPC: api_listener, no endpoint weights, no panic, no timeouts or retries of ours. */
  readonly isGrpc: boolean;
  /** Policies it takes by `lb_policy` or by extension. */
  readonly policies: readonly LbPolicy[];
  readonly honours: {
    readonly slowStart: boolean;
    readonly outlier: boolean;
    readonly maxConnections: boolean;
    /** `additional_request_chance`: Envoy has the field and does nothing with it. */
    readonly hedge: boolean;
    /** Services of protocol tcp. */
    readonly tcp: boolean;
  };
}

const NOTHING_MORE = { slowStart: false, outlier: false, maxConnections: false, hedge: false, tcp: false };
/** Outlier detection is gRFC A50; `consecutive5xx` is not in it. */
const A50 = { ...NOTHING_MORE, outlier: true };

/**
 * Tried with grpc-go 1.85, grpc-java 1.85, C-core 1.51 and 1.85, grpc-js-xds 1.14: no gRPC client takes RANDOM or MAGLEV, and with
 * RING_HASH the calls of C-core 1.51 hang. C-core and Node refuse LEAST_REQUEST, and so do versions of Go and Java where
 * GRPC_EXPERIMENTAL_ENABLE_LEAST_REQUEST is not set: of Go all before 1.73.
 */
export const CLIENT_TRAITS: Readonly<Record<ClientKind, ClientTraits>> = {
  envoy: {
    label: "Envoy",
    isGrpc: false,
    policies: ["round-robin", "least-request", "random", "ring-hash", "maglev"],
    honours: { ...NOTHING_MORE, slowStart: true, outlier: true, maxConnections: true, tcp: true },
  },
  "grpc-go": { label: "gRPC Go", isGrpc: true, policies: ["round-robin", "ring-hash"], honours: A50 },
  "grpc-java": { label: "gRPC Java", isGrpc: true, policies: ["round-robin", "ring-hash"], honours: A50 },
  "grpc-c-core": { label: "gRPC C-core", isGrpc: true, policies: ["round-robin"], honours: A50 },
  "grpc-node": { label: "gRPC Node", isGrpc: true, policies: ["round-robin", "ring-hash"], honours: A50 },
  fairlead: {
    label: "Fairlead sidecar",
    isGrpc: false,
    policies: ["round-robin", "least-request", "random", "peak-ewma", "ring-hash", "maglev"],
    honours: { ...NOTHING_MORE, slowStart: true, outlier: true, hedge: true, tcp: true },
  },
  other: { label: "unknown client", isGrpc: true, policies: ["round-robin"], honours: { ...NOTHING_MORE, tcp: true } },
};

/** Our sidecars limit the connections of tcp services, and requests elsewhere. */
export function limitsConnections(kind: ClientKind, protocol: Protocol): boolean {
  return CLIENT_TRAITS[kind].honours.maxConnections || (kind === "fairlead" && protocol === "tcp");
}

/** What `user_agent_name` begins with. Whoever is unknown gets what every gRPC client takes. */
const USER_AGENTS: readonly (readonly [string, ClientKind])[] = [
  ["gRPC Go", "grpc-go"],
  ["gRPC Java", "grpc-java"],
  ["gRPC C-core", "grpc-c-core"],
  ["gRPC Node", "grpc-node"],
];

/** From `user_agent_name`. */
export function clientKind(userAgentName: string): ClientKind {
  if (userAgentName === "envoy" || userAgentName === "fairlead") return userAgentName;
  return USER_AGENTS.find(([beginning]) => userAgentName.startsWith(beginning))?.[1] ?? "other";
}
