export { type EjectionCause, EndpointState, type OutcomeKind } from "./endpoint-state.js";
export type { EjectionNews, Tried, TryFailure } from "./evidence.js";
export type {
  AppliedResources,
  Assignment,
  ClusterConfig,
  HashOn,
  HealthVerdict,
  OutlierRule,
  PickPolicy,
  PickSettings,
  ReportSettings,
  RouteConfig,
  SlowStart,
  UpstreamEndpoint,
} from "./model.js";
export { PICK_POLICIES } from "./model.js";
