export { readyView } from "./plane-view.js";
export type { AdminState, ReloadState, SeedDoubt } from "./state.js";
