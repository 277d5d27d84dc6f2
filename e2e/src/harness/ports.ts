import { createSocket } from "node:dgram";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";

/**
 * Below the range the kernel takes the client side of connections from (32768 and up on Linux, 49152 elsewhere): between
 * our finding a port free and a process listening on it, no connection of somebody else can land on it.
 */
const lowest = 20_000;
const highest = 32_000;

/** A file per port in use, with the process that has it: a port of a server that is stopped just now is not free. */
export const claims = join(tmpdir(), `fairlead-ports-${userInfo().uid}`);
const claimed: string[] = [];
process.once("exit", () => {
  for (const claim of claimed) rmSync(claim, { force: true });
});

/** A port on 127.0.0.1 that is free for TCP and UDP now and is given to nobody else while this process lives. */
export const freePort = portsFrom(lowest + Math.floor(Math.random() * (highest - lowest)));

/** The same, beginning to look at this one. */
export function portsFrom(first: number): () => Promise<number> {
  let next = first;
  return async () => {
    mkdirSync(claims, { recursive: true });
    for (let tries = highest - lowest; tries > 0; tries--) {
      const port = next;
      next = next >= highest ? lowest : next + 1;
      if (claim(port) && (await tcpIsFree(port)) && (await udpIsFree(port))) return port;
    }
    throw new Error(`no free port between ${lowest} and ${highest}`);
  };
}

function claim(port: number): boolean {
  const file = join(claims, String(port));
  try {
    writeFileSync(file, String(process.pid), { flag: "wx" });
    claimed.push(file);
    return true;
  } catch {
    // One that a killed process left behind is taken away, for whoever comes by next: it is ours only when we made it.
    if (!isAlive(ownerOf(file))) rmSync(file, { force: true });
    return false;
  }
}

/** Undefined while it is being written, or already gone. */
function ownerOf(file: string): number | undefined {
  try {
    return Number(readFileSync(file, "utf8")) || undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number | undefined): boolean {
  try {
    return pid === undefined || process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
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
