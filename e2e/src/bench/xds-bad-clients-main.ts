// Clients as no server wants them: node xds-bad-clients-main.js KIND PORT. They act when told to, over the message channel.
//   never_reads   subscribes, asks for the same again a hundred times a second, and reads nothing
//   garbage       a hundred connections a second: no HTTP/2 at all, HTTP/1, HTTP/2 with nonsense in it, and nonsense where a request should be
//   nacks         refuses all it is sent and asks for it again a hundred times a second
//   silent        a thousand connections that say nothing
import { connect, type Socket } from "node:net";
import { RESOURCE_TYPES } from "@fairlead/proto";
import { message, OPENING, RawStream } from "./fanout/raw-stream.js";
import type { BadClient, BadClientOrder, BadClientReport } from "./storm/bad-clients-protocol.js";

const [kind = "silent", portText = "0"] = process.argv.slice(2) as [BadClient, string];
const port = Number(portText);
const EVERY_MS = 10;
const SILENT = 1_000;
/** By then the server has what was begun, and is rid of what was ended. */
const SETTLING_MS = 300;

const report = (message_: BadClientReport) => process.send?.(message_);
let stop: () => void = () => {};

const NONSENSE = Buffer.from(Array.from({ length: 512 }, (_, index) => (index * 7_919 + 13) & 255));
const GARBAGE: readonly Buffer[] = [
  NONSENSE,
  Buffer.from("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"),
  Buffer.concat([OPENING, NONSENSE]),
  Buffer.concat([OPENING, message(NONSENSE)]),
];

const ways: Readonly<Record<BadClient, () => () => void>> = {
  never_reads: () => askingAgain(badStream("never-reads")),
  nacks: () => askingAgain(badStream("nacks")),
  garbage: () => {
    let sent = 0;
    const timer = setInterval(() => {
      const socket = plainSocket();
      socket.resume();
      socket.write(GARBAGE[sent % GARBAGE.length] ?? NONSENSE);
      sent += 1;
      // Whoever is not hung up on hangs up.
      setTimeout(() => socket.destroy(), 100 * EVERY_MS);
    }, EVERY_MS);
    return () => clearInterval(timer);
  },
  silent: () => {
    const sockets = Array.from({ length: SILENT }, plainSocket);
    return () => {
      for (const socket of sockets) socket.destroy();
    };
  },
};

function plainSocket(): Socket {
  const socket = connect({ host: "127.0.0.1", port });
  return socket.on("error", () => socket.destroy());
}

function badStream(manners: "never-reads" | "nacks"): RawStream {
  return new RawStream({
    port,
    node: kind,
    cluster: "bad",
    subscriptions: [{ typeUrl: RESOURCE_TYPES.assignment, names: ["c0"], held: {} }],
    manners,
    onResponse: () => {},
    onClosed: () => {},
  });
}

function askingAgain(stream: RawStream): () => void {
  const timer = setInterval(() => stream.askAgain(), EVERY_MS);
  return () => {
    clearInterval(timer);
    stream.end();
  };
}

process.on("message", ({ act }: BadClientOrder) => {
  if (act) stop = ways[kind]();
  else stop();
  setTimeout(() => report({ kind: act ? "acting" : "resting" }), SETTLING_MS);
});
