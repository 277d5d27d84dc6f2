export type { AdminState, ReloadState } from "./state.js";
