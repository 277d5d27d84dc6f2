export { type StaticSource, staticSource } from "./static-source.js";
