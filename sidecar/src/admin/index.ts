export { exportMetrics } from "./metrics.js";
export type { AdminState } from "./state.js";
