import { connect, createServer } from "node:net";
import { pipeline } from "node:stream";
import type { Lane } from "../lane.js";
import { inTurns } from "./peer.js";

/** The relay that everybody writes: two sockets, piped into one another. */
export function start({ port, origins }: Lane): void {
  const next = inTurns(origins);
  createServer({ noDelay: true, allowHalfOpen: true }, (caller) => {
    const upstream = connect({ host: "127.0.0.1", port: next(), noDelay: true, allowHalfOpen: true });
    // Whichever breaks takes the other with it.
    pipeline(caller, upstream, caller, () => {});
  }).listen({ port, host: "127.0.0.1", backlog: 4096 });
}
