export { printConfig } from "./print-config.js";
export { type ReadSettings, readSettings, type SettingsInput } from "./read-settings.js";
export { settingsSchema } from "./schema.js";
export type { Listen, Settings, Upstream } from "./settings.js";
