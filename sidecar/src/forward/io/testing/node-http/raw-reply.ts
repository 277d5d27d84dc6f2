import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { LocalReply } from "../../../local-reply.js";

/** Time for the answer to leave and the peer to close; after it the socket goes, whatever the peer does. */
const LINGER_MS = 2_000;

/** Answers where there is no request object to answer through, and closes. */
export function sendRaw(socket: Socket, reply: LocalReply): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const lines = [`HTTP/1.1 ${reply.status} ${STATUS_CODES[reply.status] ?? ""}`, "Connection: close"];
  for (let index = 0; index + 1 < reply.headers.length; index += 2) lines.push(`${reply.headers[index]}: ${reply.headers[index + 1]}`);
  socket.setTimeout(LINGER_MS, () => socket.destroy());
  socket.end(`${lines.join("\r\n")}\r\n\r\n${reply.body}`);
}
