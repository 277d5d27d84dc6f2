// A sample backend as a process of its own: node backend-main.js NAME PORT [HOST]. Controlled over the message channel of the
// process that started it; without one it serves with its defaults.
import { Agent, createServer, type IncomingMessage, request as requestTo, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { seeded } from "@fairlead/shared";
import type { BackendOrder, BackendReport, Behaviour, Health } from "./backend-protocol.js";

const [name = "backend", port = "0", host = "127.0.0.1"] = process.argv.slice(2);

let behaviour: Behaviour = { kind: "answer" };
let health: Health = "pass";
const rng = seeded(1);
const agent = new Agent({ keepAlive: true });

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  if (request.url === "/healthz") answerHealth(response);
  else answerRequest(request, response);
});

function answerHealth(response: ServerResponse): void {
  if (health === "hang") return;
  response.writeHead(health === "pass" ? 200 : 503, { "content-type": "text/plain" }).end(`${health}\n`);
}

function answerRequest(request: IncomingMessage, response: ServerResponse): void {
  const id = request.headers["x-request-id"];
  report({ kind: "request", id: typeof id === "string" ? id : undefined, method: request.method ?? "", path: request.url ?? "" });
  switch (behaviour.kind) {
    case "answer":
      if (behaviour.delayMs === undefined) answer(request, response, 200);
      else setTimeout(() => answer(request, response, 200), behaviour.delayMs);
      return;
    case "status":
      answer(request, response, isDrawn(behaviour.share) ? behaviour.status : 200);
      return;
    case "hang":
      request.resume();
      return;
    case "reset":
      if (isDrawn(behaviour.share)) request.socket.resetAndDestroy();
      else answer(request, response, 200);
      return;
    case "call":
      call(request, response, behaviour.port);
      return;
  }
}

function isDrawn(share = 1): boolean {
  return rng.next() < share;
}

/** As an application calls another one: under the same request id. */
function call(request: IncomingMessage, response: ServerResponse, port: number): void {
  const id = request.headers["x-request-id"];
  const headers = typeof id === "string" ? { "x-request-id": id } : {};
  const outgoing = requestTo({ host: "127.0.0.1", port, path: request.url, method: request.method, headers, agent });
  outgoing.on("error", () => answer(request, response, 502));
  outgoing.on("response", (incoming) => {
    incoming.resume();
    incoming.on("end", () => answer(request, response, incoming.statusCode ?? 502));
  });
  outgoing.end();
}

/** A WebSocket that stays until the other side goes. */
function upgrade(socket: Duplex): void {
  socket.on("error", () => undefined).on("end", () => socket.end());
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Backend: ${name}\r\n\r\n`);
  socket.resume();
}

/** /echo gives the request's body back, everything else the backend's name. */
function answer(request: IncomingMessage, response: ServerResponse, status: number): void {
  response.writeHead(status, { "content-type": "text/plain", "x-backend": name });
  if (request.url === "/echo") {
    request.pipe(response);
  } else {
    request.resume();
    response.end(`${name}\n`);
  }
}

function report(what: BackendReport): void {
  process.send?.(what);
}

process.on("message", (order: BackendOrder) => {
  behaviour = order.behaviour ?? behaviour;
  health = order.health ?? health;
  report({ kind: "obeyed", order: order.order });
});
process.on("disconnect", () => process.exit(0));
process.on("SIGTERM", () => server.close(() => process.exit(0)).closeIdleConnections());

server.on("upgrade", (_request, socket) => upgrade(socket));
server.on("error", (error) => {
  console.error(`backend ${name}: ${error.message}`);
  process.exit(1);
});
server.listen(Number(port), host, () => {
  const address = server.address();
  if (address !== null && typeof address === "object") report({ kind: "listening", port: address.port });
});
