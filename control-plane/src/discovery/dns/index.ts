export { type DnsMetrics, type DnsSourceDeps, dnsSource, newDnsMetrics } from "./dns-source.js";
export type { DnsTransport } from "./transport.js";
