export { systemResolvers } from "./system-resolvers.js";
export { randomQueryId, udpTcpTransport } from "./udp-tcp-transport.js";
