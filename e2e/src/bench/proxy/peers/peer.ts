import { Agent, type IncomingMessage } from "node:http";
import type { Lane } from "../lane.js";

/** Listens and sends on, in turns to the origins; adds what the sidecar adds where the library leaves that to its user. */
export type StartPeer = (lane: Lane) => void | Promise<void>;

export function inTurns<T>(items: readonly T[]): () => T {
  let turn = 0;
  return () => items[turn++ % items.length] as T;
}

export const keepAlive: Agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY, maxFreeSockets: 1_024 });

export function targetsOf({ origins }: Lane): () => string {
  return inTurns(origins.map((port) => `http://127.0.0.1:${port}`));
}

const HOP_BY_HOP = new Set(["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"]);

/** Of a request or an answer, flat, without those of one connection. */
export function endToEnd(rawHeaders: readonly string[]): string[] {
  const kept: string[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    if (!HOP_BY_HOP.has(name.toLowerCase())) kept.push(name, rawHeaders[index + 1] ?? "");
  }
  return kept;
}

export function forwardedHeaders(request: IncomingMessage): string[] {
  const peer = request.socket.remoteAddress ?? "";
  return [...endToEnd(request.rawHeaders), "X-Forwarded-For", peer, "X-Forwarded-Proto", "http"];
}

/** Whether it announces a body. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers["content-length"] !== undefined || headers["transfer-encoding"] !== undefined;
}
