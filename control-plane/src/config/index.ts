export { diffSettings, type SettingsChange } from "./diff-settings.js";
export { printConfig } from "./print-config.js";
export { readServiceLists, type ServiceLists } from "./read-endpoints.js";
export { type ConfigText, type ReadSettings, readSettings, type SettingsInput } from "./read-settings.js";
export { settingsSchema } from "./schema.js";
export type {
  CheckSettings,
  CheckTiming,
  DnsNameSettings,
  DnsSourceSettings,
  FileSourceSettings,
  Listen,
  Safety,
  ServiceSettings,
  Settings,
  SourceSettings,
  StaticEndpointSettings,
  StaticSourceSettings,
  ZooKeeperFormat,
  ZooKeeperPathSettings,
  ZooKeeperSourceSettings,
} from "./settings.js";
