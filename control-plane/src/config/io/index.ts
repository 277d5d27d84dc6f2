export { type LoadedSettings, loadSettings } from "./load-settings.js";
