import { type LoadStatsRequest, type LoadStatsResponse__Output, services } from "@fairlead/proto";
import { type BackoffRange, type Clock, fullJitterMs, type Log, type Rng, type Timer } from "@fairlead/shared";
import type { Client, ClientDuplexStream } from "@grpc/grpc-js";
import type { LoadReports } from "../load-reports.js";
import type { Beside } from "./ads-client.js";

const METHOD = services.loadReporting.StreamLoadStats;
/** Nothing waits for a report, and a control plane that takes none will take none in a second either. */
const BACKOFF: BackoffRange = { firstMs: 2_000, maxMs: 60_000 };

export interface ReportLoadsOptions {
  readonly loads: LoadReports;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: Log;
}

/** What the last report may take. */
const LAST_REPORT_MS = 500;

/** Reports on the client's connection for as long as that is there, over as many streams as it takes. */
export function reportLoads(client: Client, options: ReportLoadsOptions): Beside {
  const reporting = new Reporting(client, options);
  reporting.open();
  return reporting;
}

class Reporting implements Beside {
  readonly #client: Client;
  readonly #options: ReportLoadsOptions;
  #stream: ClientDuplexStream<LoadStatsRequest, LoadStatsResponse__Output> | undefined;
  #timer: Timer | undefined;
  #failures = 0;
  #writing = false;
  /** The control plane has asked for reports on this stream. */
  #asked = false;
  #closed = false;

  constructor(client: Client, options: ReportLoadsOptions) {
    this.#client = client;
    this.#options = options;
  }

  open(): void {
    const stream: ClientDuplexStream<LoadStatsRequest, LoadStatsResponse__Output> = this.#client.makeBidiStreamRequest(
      METHOD.path,
      METHOD.requestSerialize,
      METHOD.responseDeserialize,
    );
    this.#stream = stream;
    this.#writing = false;
    this.#asked = false;
    stream.on("data", (response: LoadStatsResponse__Output) => {
      this.#failures = 0;
      this.#asked = true;
      this.#reportEvery(this.#options.loads.heard(response));
    });
    // Every error is also a status, which comes last; without a listener it would be thrown.
    stream.on("error", () => undefined);
    stream.on("status", ({ code, details }) => this.#lost(code === 0 ? "ended by the control plane" : details));
    stream.write(this.#options.loads.open());
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#stream?.cancel();
  }

  /** What was counted since the last report is reported before this ends: nobody else will. */
  async finish(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    const stream = this.#stream;
    if (stream !== undefined && this.#asked && !this.#writing) {
      await new Promise<void>((resolve) => {
        const patience = this.#options.clock.schedule(LAST_REPORT_MS, resolve);
        stream.on("status", () => {
          patience.cancel();
          resolve();
        });
        stream.write(this.#options.loads.next().message);
        stream.end();
      });
    }
    this.close();
  }

  #reportEvery(intervalMs: number): void {
    this.#timer?.cancel();
    this.#timer = this.#options.clock.schedule(intervalMs, () => {
      this.#report();
      this.#reportEvery(intervalMs);
    });
  }

  /** One report at a time: while one waits to be written, the next would count the same again. */
  #report(): void {
    if (this.#writing || this.#stream === undefined) return;
    const { message, written } = this.#options.loads.next();
    const stream = this.#stream;
    this.#writing = true;
    stream.write(message, (error?: Error | null) => {
      if (this.#stream !== stream) return;
      this.#writing = false;
      if (error === undefined || error === null) written();
    });
  }

  #lost(cause: string): void {
    this.#timer?.cancel();
    this.#stream = undefined;
    if (this.#closed) return;
    const { clock, rng, log } = this.#options;
    const delayMs = fullJitterMs(this.#failures, BACKOFF, rng);
    this.#failures++;
    log.debug("load-reports-interrupted", { cause, retryInMs: Math.round(delayMs) });
    this.#timer = clock.schedule(delayMs, () => this.open());
  }
}
