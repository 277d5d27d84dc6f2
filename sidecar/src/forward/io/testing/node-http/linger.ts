import type { Socket } from "node:net";
import type { Clock } from "@fairlead/shared";

/** A caller that has not noticed the answer by then is not going to. */
const LINGER_MS = 2_000;

/**
 * Node closes a connection right after an answer that ends it. What its caller is still sending then meets a RST, which takes
 * the answer away before it was read (RFC 9112 section 9.6). From here on the end of the answer is a FIN, and what still
 * comes is to be read and dropped until the caller closes or a while has passed.
 */
export function lingerAtEnd(socket: Socket, clock: Clock): void {
  socket.destroySoon = () => {
    if (socket.writableEnded) return;
    socket.end();
    const timer = clock.schedule(LINGER_MS, () => socket.destroy());
    socket.once("close", () => timer.cancel());
  };
}
