// The origins inside the load process.

import { createServer, type Socket } from "node:net";
import { BLOCK } from "./pattern.js";

/** @returns its port */
export function listenAs(serve: (socket: Socket) => void): Promise<number> {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on("error", () => socket.destroy());
    serve(socket);
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
}

/** Gives back what it gets. */
export function echo(socket: Socket): void {
  socket.pipe(socket);
}

/** Sends the pattern again and again, once it has heard anything. */
export function pour(socket: Socket): void {
  const more = () => {
    while (socket.writable && socket.write(BLOCK));
  };
  socket.on("drain", more);
  socket.once("data", more);
}
