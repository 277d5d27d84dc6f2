// The listening socket. grpc-js opens its own with Node's backlog of 511, and then thousands of clients that reconnect at once wait for
// SYN retransmissions of one and three seconds; so we listen, and hand it the connections.

import { createServer, type Server as NetServer, type Socket } from "node:net";
import { fail, ok, type Result } from "@fairlead/shared";
import type { ConnectionInjector } from "@grpc/grpc-js";

/** Linux caps it at net.core.somaxconn, 4096 by default since 5.4. */
const BACKLOG = 4096;

export interface Connections {
  listen(address: { readonly host: string; readonly port: number }): Promise<Result<{ readonly port: number }>>;
  /** Ends the connection of a peer, given as `address:port`, with everything on it. */
  destroy(peer: string): void;
  /** Takes no more connections; those open stay. */
  stopListening(): void;
}

/** `onRefused` hears of every connection above the limit, which is closed at once. */
export function newConnections(injector: ConnectionInjector, maxConnections: number, onRefused: () => void): Connections {
  const sockets = new Map<string, Socket>();
  const server: NetServer = createServer({ noDelay: true }, (socket) => {
    const peer = `${socket.remoteAddress}:${socket.remotePort}`;
    sockets.set(peer, socket);
    socket.on("close", () => sockets.delete(peer));
    // The http2 session reports what goes wrong with a connection; a reset before it is set up has nobody to tell.
    socket.on("error", () => socket.destroy());
    injector.injectConnection(socket);
  });
  server.maxConnections = maxConnections;
  server.on("drop", onRefused);
  return {
    listen: ({ host, port }) => listen(server, host, port),
    destroy: (peer) => void sockets.get(peer)?.destroy(),
    stopListening: () => void server.close(),
  };
}

function listen(server: NetServer, host: string, port: number): Promise<Result<{ readonly port: number }>> {
  return new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException) => resolve(fail(`cannot listen on ${host}:${port}: ${whyNot(error)}`));
    server.once("error", failed);
    server.listen({ host, port, backlog: BACKLOG }, () => {
      server.off("error", failed);
      const address = server.address();
      resolve(ok({ port: typeof address === "object" && address !== null ? address.port : port }));
    });
  });
}

function whyNot({ code, message }: NodeJS.ErrnoException): string {
  if (code === "EADDRINUSE") return "another process listens there already";
  if (code === "EACCES") return "this user may not listen on that port";
  if (code === "EADDRNOTAVAIL") return "this machine does not have that address";
  return message;
}
