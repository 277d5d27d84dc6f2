import { Agent } from "node:http";
import { httpRequest } from "./http-request.js";
import { stopLater, stoppedAlready } from "./teardown.js";

/** What the load is. */
export type LoadOptions = {
  readonly port: number;
  /** Clients that each send one request after the other on a connection they keep; default 8. */
  readonly clients?: number;
  /** Requests a second of all clients together; default as many as they can. */
  readonly perSecond?: number;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** After this a request counts as failed; default 20 s, more than a sidecar waits for an upstream. */
  readonly timeoutMs?: number;
  /** Starts the ids of this load's requests (x-request-id is NAME-NUMBER); default "load". */
  readonly name?: string;
};

/** A request that did not get a 200: why, and how long after the start. */
export type LoadFailure = { readonly id: string; readonly reason: string; readonly afterMs: number };

/** What happened so far. */
export type LoadReport = {
  readonly sent: number;
  readonly ok: number;
  readonly failed: number;
  /** The first 100 failures. */
  readonly failures: readonly LoadFailure[];
  /** Good answers by the backend that gave them (header x-backend). */
  readonly byBackend: Readonly<Record<string, number>>;
  /** The backend that answered, by the request's id. */
  readonly answered: ReadonlyMap<string, string>;
};

/** A load that is running. */
export type Load = {
  /** What happened so far: numbers as of now, the map of answers is live. */
  report(): LoadReport;
  /** Sends nothing more, waits for the requests in flight and gives the final report. */
  stop(): Promise<LoadReport>;
};

const keptFailures = 100;
const keptAnswers = 2_000_000;

/** Starts a load against a port of this machine. It ends with stop, or at teardown. */
export function startLoad(options: LoadOptions): Load {
  const running = new RunningLoad(options);
  const thing = { name: `load on :${options.port}`, stop: async () => void (await running.stop()) };
  stopLater(thing);
  return {
    report: () => running.report(),
    stop: () => {
      stoppedAlready(thing);
      return running.stop();
    },
  };
}

class RunningLoad {
  readonly #options: LoadOptions;
  readonly #agent: Agent;
  readonly #startMs = performance.now();
  readonly #failures: LoadFailure[] = [];
  readonly #byBackend: Record<string, number> = {};
  readonly #answered = new Map<string, string>();
  readonly #clients: readonly Promise<void>[];
  readonly #wakers = new Set<() => void>();
  #stopping = false;
  #sent = 0;
  #ok = 0;
  #failed = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
    const clients = options.clients ?? 8;
    this.#agent = new Agent({ keepAlive: true, maxSockets: clients, maxFreeSockets: clients });
    this.#clients = Array.from({ length: clients }, () => this.#client());
  }

  report(): LoadReport {
    return {
      sent: this.#sent,
      ok: this.#ok,
      failed: this.#failed,
      failures: [...this.#failures],
      byBackend: { ...this.#byBackend },
      answered: this.#answered,
    };
  }

  async stop(): Promise<LoadReport> {
    this.#stopping = true;
    for (const wake of this.#wakers) wake();
    await Promise.all(this.#clients);
    this.#agent.destroy();
    return this.report();
  }

  async #client(): Promise<void> {
    for (;;) {
      await this.#turn();
      if (this.#stopping) return;
      await this.#one(`${this.#options.name ?? "load"}-${++this.#sent}`);
    }
  }

  /** Waits until the next request is due: request n at n / perSecond after the start. A load that fell behind catches up. */
  async #turn(): Promise<void> {
    const { perSecond } = this.#options;
    if (perSecond === undefined) return;
    while (!this.#stopping) {
      const waitMs = this.#startMs + (this.#sent * 1000) / perSecond - performance.now();
      if (waitMs <= 0) return;
      await this.#pause(waitMs);
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#wakers.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.#wakers.add(wake);
    });
  }

  async #one(id: string): Promise<void> {
    const { port, path = "/", method = "GET", headers = {}, body, timeoutMs = 20_000 } = this.#options;
    try {
      const answer = await httpRequest({
        port,
        path,
        method,
        headers: { ...headers, "x-request-id": id },
        ...(body === undefined ? {} : { body }),
        timeoutMs,
        agent: this.#agent,
      });
      if (answer.status === 200) this.#good(id, String(answer.headers["x-backend"] ?? "unnamed"));
      else this.#bad(id, `${answer.status}: ${answer.body.slice(0, 200)}`);
    } catch (error) {
      this.#bad(id, error instanceof Error ? error.message : String(error));
    }
  }

  #good(id: string, backend: string): void {
    this.#ok += 1;
    this.#byBackend[backend] = (this.#byBackend[backend] ?? 0) + 1;
    if (this.#answered.size < keptAnswers) this.#answered.set(id, backend);
  }

  #bad(id: string, reason: string): void {
    this.#failed += 1;
    if (this.#failures.length < keptFailures) this.#failures.push({ id, reason, afterMs: Math.round(performance.now() - this.#startMs) });
  }
}
