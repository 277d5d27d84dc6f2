// Load that waits for its answers: wrk, one thread, and what it says afterwards.

import { startProcess } from "../../harness/processes.js";
import { HOST } from "./lane.js";

export interface ClosedLoad {
  readonly port: number;
  readonly path: string;
  readonly connections: number;
  readonly seconds: number;
  /** A connection per request. */
  readonly closes: boolean;
}

export interface Loaded {
  readonly answered: number;
  readonly seconds: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

/** Throws when anything but a 2xx came, or a connection broke. */
export async function closedLoop({ port, path, connections, seconds, closes }: ClosedLoad): Promise<Loaded> {
  const close = closes ? ["-H", "Connection: close"] : [];
  const url = `http://127.0.0.1:${port}${path}`;
  const args = ["-t1", `-c${connections}`, `-d${seconds}s`, "--timeout", "10s", "--latency", "-H", `Host: ${HOST}`, ...close, url];
  const wrk = startProcess({ name: "wrk", command: "wrk", args });
  const { code } = await wrk.exited;
  await wrk.kill();
  return loadedOf(wrk.output(), code);
}

function loadedOf(output: string, code: number | null): Loaded {
  const whole = /(\d+) requests in ([\d.]+)(ms|s|m),/.exec(output);
  const failed = /Socket errors:.*|Non-2xx.*/.exec(output)?.[0];
  if (code !== 0 || whole === null || failed !== undefined)
    throw new Error(`a slice with errors (${failed ?? `exit ${code}`}):\n${output}`);
  const answered = Number(whole[1]);
  if (answered === 0) throw new Error(`a slice without an answer:\n${output}`);
  return { answered, seconds: microsOf(whole[2], whole[3]) / 1e6, p50Us: quantile(output, 50), p99Us: quantile(output, 99) };
}

function quantile(output: string, percent: number): number {
  const found = new RegExp(`^\\s+${percent}%\\s+([\\d.]+)(us|ms|s)$`, "m").exec(output);
  return microsOf(found?.[1], found?.[2]);
}

const UNITS: Readonly<Record<string, number>> = { us: 1, ms: 1e3, s: 1e6, m: 60e6 };

function microsOf(value: string | undefined, unit: string | undefined): number {
  return Number(value) * (UNITS[unit ?? ""] ?? Number.NaN);
}
