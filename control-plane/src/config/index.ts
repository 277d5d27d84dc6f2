export { diffSettings, type SettingsChange } from "./diff-settings.js";
export type { DnsNameSettings, DnsSourceSettings } from "./dns-settings.js";
export { printConfig } from "./print-config.js";
export { readServiceLists, type ServiceLists } from "./read-endpoints.js";
export { type ConfigText, type ReadSettings, readSettings, type SettingsInput } from "./read-settings.js";
export { settingsSchema } from "./schema.js";
export type {
  CheckSettings,
  CheckTiming,
  FileSourceSettings,
  Listen,
  Safety,
  ServiceSettings,
  Settings,
  SourceSettings,
  StaticEndpointSettings,
  StaticSourceSettings,
} from "./settings.js";
export type { ZooKeeperAuthSettings, ZooKeeperTlsSettings } from "./zookeeper-access.js";
export type { ZooKeeperFormat, ZooKeeperPathSettings, ZooKeeperSourceSettings } from "./zookeeper-settings.js";
