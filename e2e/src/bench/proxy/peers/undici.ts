import { createServer, type ServerResponse } from "node:http";
import { type Dispatcher, Pool } from "undici";
import type { Lane } from "../lane.js";
import { forwardedHeaders, hasBody, inTurns, targetsOf } from "./peer.js";

/** undici at its quickest: its dispatcher, without a stream of its own per answer. */
export function start(lane: Lane): void {
  const target = targetsOf(lane);
  const next = inTurns(lane.origins.map(() => new Pool(target(), { connections: 1_024, pipelining: 1 })));
  createServer((request, response) => {
    const method = (request.method ?? "GET") as Dispatcher.HttpMethod;
    const body = hasBody(request) ? request : null;
    next().dispatch({ path: request.url ?? "/", method, headers: forwardedHeaders(request), body }, new Answer(response));
  }).listen({ port: lane.port, host: "127.0.0.1", backlog: 4096 });
}

class Answer implements Dispatcher.DispatchHandler {
  readonly #response: ServerResponse;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  onRequestStart(): void {}

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Record<string, string | string[]>): void {
    const { connection: _, "keep-alive": __, "transfer-encoding": ___, ...kept } = headers;
    this.#response.writeHead(status, kept);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#response.write(chunk)) return;
    controller.pause();
    this.#response.once("drain", () => controller.resume());
  }

  onResponseEnd(): void {
    this.#response.end();
  }

  onResponseError(): void {
    if (this.#response.headersSent) this.#response.destroy();
    else this.#response.writeHead(502).end();
  }
}
