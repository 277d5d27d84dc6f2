import httpProxy from "@fastify/http-proxy";
import fastify from "fastify";
import type { Lane } from "../lane.js";
import { targetsOf } from "./peer.js";

export async function start(lane: Lane): Promise<void> {
  const target = targetsOf(lane);
  const app = fastify({ keepAliveTimeout: 75_000 });
  const replyOptions = { getUpstream: target };
  await app.register(httpProxy, { upstream: "", replyOptions, undici: { connections: 1_024, pipelining: 1 } });
  await app.listen({ port: lane.port, host: "127.0.0.1", backlog: 4096 });
}
