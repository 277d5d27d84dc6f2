export { Authority, type CertificateName, type Issued, type IssueOptions } from "./certificates.js";
export { FakeClock } from "./fake-clock.js";
export { MemoryStore } from "./memory-store.js";
export { type LogLine, RecordedLog } from "./recorded-log.js";
export * from "./strict-http1.js";
