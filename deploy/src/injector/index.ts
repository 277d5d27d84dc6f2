export { printSettings, type ReadSettings, readSettings } from "./read-settings.js";
export { settingsSchema } from "./settings-schema.js";
