export { Fallback, type FallbackOptions, type FallbackStatus } from "./fallback.js";
export type { SavedResource, SavedState } from "./saved-state.js";
