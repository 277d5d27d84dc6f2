import type { Socket } from "node:net";

/** Ends a connection by RST: to an HTTP/1.0 caller a FIN would make a broken answer look whole. */
export function breakOff(socket: Socket): void {
  // Once the FIN is under way libuv refuses the RST, and Node then never closes the socket (its descriptor leaks, and the
  // server never finishes closing). Everything has been handed over by then: there is nothing left to break off.
  if (socket.writableEnded && socket.writableLength === 0) socket.destroy();
  else socket.resetAndDestroy();
}
