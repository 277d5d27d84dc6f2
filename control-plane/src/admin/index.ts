export type { AdminState, ReloadState, SeedDoubt } from "./state.js";
