export { type Compromise, compromisesOf } from "./compromise.js";
export type { RefusedResource } from "./renderer.js";
export { Views } from "./views.js";
