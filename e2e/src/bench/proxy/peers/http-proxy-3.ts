import { createServer } from "node:http";
import { createProxyServer } from "http-proxy-3";
import type { Lane } from "../lane.js";
import { keepAlive, targetsOf } from "./peer.js";

export function start(lane: Lane): void {
  const target = targetsOf(lane);
  const proxy = createProxyServer({ agent: keepAlive, xfwd: true });
  const server = createServer((request, response) => proxy.web(request, response, { target: target() }));
  server.on("upgrade", (request, socket, head) => proxy.ws(request, socket, head, { target: target() }));
  server.listen({ port: lane.port, host: "127.0.0.1", backlog: 4096 });
}
