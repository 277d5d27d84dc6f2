// A sample backend as a process of its own: node backend-main.js NAME PORT [HOST]. Controlled over the message channel of the
// process that started it; without one it serves with its defaults.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { BackendOrder, BackendReport, Behaviour, Health } from "./backend-protocol.js";

const [name = "backend", port = "0", host = "127.0.0.1"] = process.argv.slice(2);

let behaviour: Behaviour = { kind: "answer" };
let health: Health = "pass";

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
      answer(request, response, behaviour.status);
      return;
    case "hang":
      request.resume();
      return;
    case "reset":
      request.socket.resetAndDestroy();
      return;
  }
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

server.on("error", (error) => {
  console.error(`backend ${name}: ${error.message}`);
  process.exit(1);
});
server.listen(Number(port), host, () => {
  const address = server.address();
  if (address !== null && typeof address === "object") report({ kind: "listening", port: address.port });
});
