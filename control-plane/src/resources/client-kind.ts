/**
 * Which resources a client can take. One model is rendered for each: what one client accepts another NACKs, and one
 * refused Cluster in a shared answer would break that client alone.
 */
export type ClientKind = "envoy" | "grpc" | "fairlead";

/** From `user_agent_name`. Whoever is unknown gets the gRPC view, the one every client takes. */
export function clientKind(userAgentName: string): ClientKind {
  if (userAgentName === "envoy") return "envoy";
  if (userAgentName === "fairlead") return "fairlead";
  return "grpc";
}
