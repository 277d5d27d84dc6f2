export { EndpointState, type OutcomeKind } from "./endpoint-state.js";
export type {
  AppliedResources,
  Assignment,
  ClusterConfig,
  HashOn,
  HealthVerdict,
  PickPolicy,
  PickSettings,
  ReportSettings,
  RouteConfig,
  SlowStart,
  UpstreamEndpoint,
} from "./model.js";
export { PICK_POLICIES } from "./model.js";
