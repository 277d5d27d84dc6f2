export { Views } from "./views.js";
