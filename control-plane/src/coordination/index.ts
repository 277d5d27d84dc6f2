export { type Checkers, Coordinator } from "./coordinator.js";
