// Everything under 127.0.0.0/8 answers on one port, counted: node check-targets-main.js. Controlled over the message channel.
import { createServer } from "node:net";

const ANSWER = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";

let accepted = 0;
const server = createServer({ noDelay: true }, (socket) => {
  accepted += 1;
  socket.on("error", () => undefined);
  socket.once("data", () => socket.end(ANSWER));
});

server.listen({ host: "0.0.0.0", port: 0, backlog: 8_192 }, () => {
  const address = server.address();
  process.send?.({ kind: "listening", port: typeof address === "object" && address !== null ? address.port : 0 });
});
process.on("message", () => process.send?.({ kind: "accepted", accepted }));
process.on("disconnect", () => process.exit(0));
