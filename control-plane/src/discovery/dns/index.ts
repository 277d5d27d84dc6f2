export { type DnsMetrics, newDnsMetrics } from "./dns-metrics.js";
export { type DnsSourceDeps, dnsSource } from "./dns-source.js";
export { QueryBudget } from "./query-budget.js";
export type { DnsTransport } from "./transport.js";
