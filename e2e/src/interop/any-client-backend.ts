// A backend that answers HTTP/1 and gRPC on one port with its name: one endpoint for clients of every kind.

import { createServer as createHttpServer } from "node:http";
import { createServer, type Socket } from "node:net";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { freePort } from "../harness/ports.js";
import { stopLater } from "../harness/teardown.js";
import { ECHO } from "./grpc-backend.js";

export interface AnyClientBackend {
  readonly name: string;
  readonly address: string;
  /** Requests that have come; health checks are none. */
  requests(): number;
  /** Stops listening and says goodbye on what is open. Requests in flight are answered. */
  stop(): void;
}

/** How every HTTP/2 connection begins (RFC 9113, section 3.4). */
const HTTP2 = "PRI";

export async function startAnyClientBackend(name: string): Promise<AnyClientBackend> {
  const port = await freePort();
  let requests = 0;
  const note = () => {
    requests += 1;
  };
  const http1 = createHttpServer({ keepAliveTimeout: 600_000 }, (request, response) => {
    note();
    request.resume();
    response.writeHead(200, { "x-backend": name }).end(`${name}\n`);
  });
  const grpc = new Server();
  grpc.addService(ECHO, {
    say: (_call: unknown, answer: (error: null, bytes: Buffer) => void) => {
      note();
      answer(null, Buffer.from(name));
    },
  });
  const injector = grpc.createConnectionInjector(ServerCredentials.createInsecure());
  const front = createServer((socket) =>
    bySpeech(socket, { http1: () => http1.emit("connection", socket), http2: () => injector.injectConnection(socket) }),
  );
  await new Promise<void>((resolve, reject) => {
    front.once("error", reject).listen(port, "127.0.0.1", resolve);
  });
  const stop = () => {
    front.close();
    http1.closeIdleConnections();
    injector.drain(1_000);
  };
  stopLater({
    name: `backend ${name}`,
    stop: () => {
      stop();
      http1.closeAllConnections();
      injector.destroy();
      grpc.forceShutdown();
    },
  });
  return { name, address: `127.0.0.1:${port}`, requests: () => requests, stop };
}

function bySpeech(socket: Socket, speak: { readonly http1: () => void; readonly http2: () => void }): void {
  socket.on("error", () => undefined); // a check that hangs up
  socket.once("data", (first: Buffer) => {
    socket.pause();
    socket.unshift(first);
    if (first.toString("latin1", 0, HTTP2.length) === HTTP2) speak.http2();
    else speak.http1();
    process.nextTick(() => socket.resume());
  });
}
