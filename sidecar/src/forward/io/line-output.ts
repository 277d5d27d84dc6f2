import { fstatSync, write } from "node:fs";
import { Socket } from "node:net";
import type { LineOutput } from "../access-log.js";

/**
 * Lines to a descriptor, without waiting for who reads them. A pipe is written as a socket: a thread that hangs in a write would keep
 * the process from ending (seen with Node 20: exit waits for its threads).
 */
export function linesTo(fd: number): LineOutput {
  let isPipe = false;
  try {
    const kind = fstatSync(fd);
    isPipe = kind.isFIFO() || kind.isSocket();
  } catch {
    // A descriptor that is closed takes nothing; every write will say so.
  }
  if (!isPipe) return { write: (lines, done) => write(fd, lines, () => done()) };
  const socket = new Socket({ fd, readable: false, writable: true });
  socket.on("error", () => {});
  socket.unref();
  return { write: (lines, done) => void socket.write(lines, () => done()) };
}
