import { createSocket } from "node:dgram";
import { createServer } from "node:net";

/**
 * Below the range the kernel takes the client side of connections from (32768 and up on Linux, 49152 elsewhere): between
 * our finding a port free and a process listening on it, no connection of somebody else can land on it.
 */
const lowest = 20_000;
const highest = 32_000;

const given = new Set<number>();
// Each process starts elsewhere, so that two test runs on one machine rarely ask for the same port.
let next = lowest + Math.floor(Math.random() * (highest - lowest));

/** A port on 127.0.0.1 that is free for TCP and UDP now and is given only once by this process. */
export async function freePort(): Promise<number> {
  for (let tries = highest - lowest; tries > 0; tries--) {
    const port = next;
    next = next >= highest ? lowest : next + 1;
    if (given.has(port)) continue;
    if ((await tcpIsFree(port)) && (await udpIsFree(port))) {
      given.add(port);
      return port;
    }
  }
  throw new Error(`no free port between ${lowest} and ${highest}`);
}

function tcpIsFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

function udpIsFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket("udp4");
    socket.once("error", () => {
      socket.close();
      resolve(false);
    });
    socket.bind(port, "127.0.0.1", () => socket.close(() => resolve(true)));
  });
}
