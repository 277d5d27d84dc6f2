import { createServer, request as send } from "node:http";
import type { Lane } from "../lane.js";
import { endToEnd, forwardedHeaders, inTurns, keepAlive } from "./peer.js";

export function start({ port, origins }: Lane): void {
  const next = inTurns(origins);
  createServer((request, response) => {
    const { method, url: path } = request;
    const headers = forwardedHeaders(request) as unknown as Record<string, string>;
    const upstream = send({ host: "127.0.0.1", port: next(), agent: keepAlive, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, endToEnd(answer.rawHeaders));
      answer.pipe(response);
    });
    upstream.on("error", () => (response.headersSent ? response.destroy() : response.writeHead(502).end()));
    request.pipe(upstream);
  }).listen({ port, host: "127.0.0.1", backlog: 4096 });
}
