// An origin inside the load process: the least that is an HTTP server, so that its share of the core is small and even.

import { createHash } from "node:crypto";
import type { Socket } from "node:net";

export const REPLY_BODY: Buffer = Buffer.alloc(1_024, "x");
const REPLY = Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${REPLY_BODY.length}\r\n\r\n`), REPLY_BODY]);
const HEAD_END = "\r\n\r\n";
/** RFC 6455 section 1.3. */
const WEBSOCKET_ID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** Answers requests without body; after a WebSocket handshake gives back what it gets. */
export function reply(socket: Socket): void {
  let echoes = false;
  let pending = "";
  socket.on("data", (bytes) => {
    if (echoes) {
      socket.write(bytes);
      return;
    }
    pending += bytes.toString("latin1");
    for (let end = pending.indexOf(HEAD_END); end >= 0; end = pending.indexOf(HEAD_END)) {
      const key = /^sec-websocket-key: *(\S+)/im.exec(pending.slice(0, end))?.[1];
      pending = pending.slice(end + HEAD_END.length);
      if (key === undefined) socket.write(REPLY);
      else {
        echoes = true;
        socket.write(handshake(key));
      }
    }
  });
}

function handshake(key: string): string {
  const accept = createHash("sha1").update(`${key}${WEBSOCKET_ID}`).digest("base64");
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
}
