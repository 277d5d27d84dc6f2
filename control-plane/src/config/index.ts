export { type BootstrapFinding, bootstrapLoops, formatBootstrapFinding } from "./bootstrap-loops.js";
export {
  type CallingSettings,
  type HashOn,
  isHashing,
  LB_POLICIES,
  type LbPolicy,
  type LbSettings,
  type OutlierSettings,
} from "./calling-settings.js";
export type { CoordinationSettings } from "./coordination-settings.js";
export { diffSettings, type SettingsChange } from "./diff-settings.js";
export type { DnsNameSettings, DnsSourceSettings } from "./dns-settings.js";
export { importForProgram } from "./import/import-config.js";
export { printConfig } from "./print-config.js";
export { readServiceLists, type ServiceLists } from "./read-endpoints.js";
export { type ConfigText, type ReadSettings, readSettings, type SettingsInput } from "./read-settings.js";
export { settingsSchema } from "./schema.js";
export type {
  CheckSettings,
  CheckTiming,
  FileSourceSettings,
  HttpCheckSettings,
  IdentitySettings,
  Listen,
  MembershipSettings,
  MergePolicy,
  Safety,
  ServiceSettings,
  Settings,
  SourceSettings,
  StaticEndpointSettings,
  StaticSourceSettings,
  Unlisted,
} from "./settings.js";
export type { XdsTlsSettings } from "./xds-settings.js";
export type { ZooKeeperAuthSettings, ZooKeeperTlsSettings } from "./zookeeper-access.js";
export {
  ZOOKEEPER_FORMATS,
  type ZooKeeperFormat,
  type ZooKeeperPathSettings,
  type ZooKeeperSourceSettings,
} from "./zookeeper-settings.js";
