export { EndpointState, type OutcomeKind } from "./endpoint-state.js";
export type {
  AppliedResources,
  Assignment,
  ClusterConfig,
  HealthVerdict,
  RouteConfig,
  UpstreamEndpoint,
} from "./model.js";
