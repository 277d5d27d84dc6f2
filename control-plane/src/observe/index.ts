export { Observation, type ObservationState, type Served, type ServedElsewhere } from "./observation.js";
export { observedViews } from "./observed-views.js";
