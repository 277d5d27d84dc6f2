// Clients that remember what became of every request they sent, by its id.

import { Agent } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { httpRequest } from "../harness/http-request.js";
import { stopLater } from "../harness/teardown.js";

export interface Sent {
  readonly method: "GET" | "POST";
  /** Undefined while it is under way. */
  outcome?: Outcome;
}

/** `refused`: the sidecar said so itself, with its reason. `broken`: neither an answer nor a refusal. */
export type Outcome =
  | { readonly kind: "answered"; readonly status: number }
  | { readonly kind: "refused"; readonly status: number; readonly reason: string }
  | { readonly kind: "broken"; readonly why: string };

export interface ClientsOptions {
  readonly port: number;
  readonly clients: number;
  readonly perSecond: number;
}

/** Longer than the sidecar's own deadline for a request. */
const TIMEOUT_MS = 60_000;

export class Clients {
  /** By id. */
  readonly sent = new Map<string, Sent>();
  readonly #options: ClientsOptions;
  readonly #agent: Agent;
  readonly #running: readonly Promise<void>[];
  #stopping = false;

  constructor(options: ClientsOptions) {
    this.#options = options;
    this.#agent = new Agent({ keepAlive: true, maxSockets: options.clients, maxFreeSockets: options.clients });
    this.#running = Array.from({ length: options.clients }, () => this.#client());
    stopLater({ name: "soak clients", stop: () => this.stop() });
  }

  /** Waits for what is under way. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#running);
    this.#agent.destroy();
  }

  async #client(): Promise<void> {
    const pauseMs = (1_000 * this.#options.clients) / this.#options.perSecond;
    while (!this.#stopping) {
      await this.#one(this.sent.size);
      await sleep(pauseMs);
    }
  }

  /** Every fifth has a body, which has to come back. */
  async #one(number: number): Promise<void> {
    const id = `soak-${number}`;
    const sent: Sent = { method: number % 5 === 0 ? "POST" : "GET" };
    this.sent.set(id, sent);
    const body = sent.method === "POST" ? `${id} `.repeat(1 + (number % 300)) : undefined;
    try {
      const answer = await httpRequest({
        port: this.#options.port,
        path: body === undefined ? "/" : "/echo",
        method: sent.method,
        headers: { "x-request-id": id },
        ...(body === undefined ? {} : { body }),
        timeoutMs: TIMEOUT_MS,
        agent: this.#agent,
      });
      const reason = answer.headers["x-fairlead-reason"];
      const expected = body ?? `${String(answer.headers["x-backend"])}\n`;
      if (typeof reason === "string") sent.outcome = { kind: "refused", status: answer.status, reason };
      else if (answer.status === 200 && answer.body !== expected) sent.outcome = { kind: "broken", why: "another body" };
      else sent.outcome = { kind: "answered", status: answer.status };
    } catch (error) {
      sent.outcome = { kind: "broken", why: (error as Error).message };
    }
  }
}
