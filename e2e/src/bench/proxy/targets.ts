import type { ContestantName } from "./contestant.js";

/** Our CPU per request over theirs is at most this, in a cell. */
export interface Target {
  readonly over: ContestantName;
  readonly cell: string;
  readonly atMost: number;
}

/** For the portable engine. Of the JavaScript ones it names requests per core: the reciprocal. */
export const TARGETS: readonly Target[] = [
  { over: "haproxy", cell: "c32", atMost: 1 },
  { over: "haproxy", cell: "c256", atMost: 0.95 },
  { over: "haproxy", cell: "64k", atMost: 0.98 },
  { over: "envoy", cell: "c32", atMost: 0.48 },
  { over: "envoy", cell: "c256", atMost: 0.3 },
  { over: "envoy", cell: "64k", atMost: 0.7 },
  { over: "envoy", cell: "paced5k", atMost: 0.68 },
  { over: "undici", cell: "c32", atMost: 1 / 2.4 },
  { over: "node-http", cell: "c32", atMost: 1 / 3 },
  { over: "fastify", cell: "c32", atMost: 1 / 4 },
  { over: "httpxy", cell: "c32", atMost: 1 / 5 },
  { over: "http-proxy-3", cell: "c32", atMost: 1 / 5 },
];
