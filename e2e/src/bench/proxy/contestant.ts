import { cpuMicrosOf, rssMbOf } from "../process-usage.js";
import type { Lane, LaneName } from "./lane.js";

/** A proxy that takes part, running and alone on its core. */
export interface Contestant {
  readonly name: ContestantName;
  /** As it says itself. */
  readonly version: string;
  readonly pid: number;
  readonly lanes: readonly Lane[];
  /** SIGTERM, and waits for its end. */
  end(): Promise<unknown>;
  /** Cells it fails, and so takes no part in. */
  readonly fails: readonly string[];
}

export type ContestantName =
  | "ours"
  | "haproxy"
  | "nginx"
  | "envoy"
  | "node-http"
  | "undici"
  | "fastify"
  | "httpxy"
  | "http-proxy-3"
  | "node-net";

/** Whether it speaks what the cell is about, and does not fail it. */
export function takesPart({ lanes, fails }: Pick<Contestant, "lanes" | "fails">, cell: { readonly name: string; readonly lane: LaneName }) {
  return lanes.some(({ name }) => name === cell.lane) && !fails.includes(cell.name);
}

/** All of its threads, nanoseconds on a core, in µs. */
export const cpuOf = ({ pid }: Contestant): number => cpuMicrosOf(pid);
export const rssOf = ({ pid }: Contestant): number => rssMbOf(pid);
