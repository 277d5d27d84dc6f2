export { printSettings, readSettings } from "./read-settings.js";
export { settingsSchema } from "./settings-schema.js";
