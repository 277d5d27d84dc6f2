// What an endpoint says of its load in its answer (ORCA, gRFC A51): read here, for us alone, and not passed on.

import type { ReportedLoad } from "../balancer/index.js";

/** The first as text or JSON, the second as a protobuf message, which only gRPC servers send and is not read. */
export const LOAD_METRICS: ReadonlySet<string> = new Set(["endpoint-load-metrics", "endpoint-load-metrics-bin"]);

/** More than any report we read from; a longer one is not looked at. */
const MAX_LENGTH = 4_096;

/** Of an answer's headers, flat; undefined where there is no report, or none that can be read: it is advice, and nothing fails for it. */
export function reportedLoadOf(headers: readonly string[]): ReportedLoad | undefined {
  for (let index = 0; index + 1 < headers.length; index += 2) {
    if ((headers[index] ?? "").length !== "endpoint-load-metrics".length) continue;
    if ((headers[index] ?? "").toLowerCase() !== "endpoint-load-metrics") continue;
    const value = headers[index + 1] ?? "";
    if (value.length > MAX_LENGTH) return undefined;
    if (value.startsWith("TEXT ")) return loadOf(new Map(value.slice(5).split(",").map(pairOf)));
    return value.startsWith("JSON ") ? loadOf(jsonFields(value.slice(5))) : undefined;
  }
  return undefined;
}

function loadOf(fields: ReadonlyMap<string, unknown>): ReportedLoad {
  const number = (name: string): number => {
    const value = Number(fields.get(name) ?? 0);
    return Number.isFinite(value) ? value : 0;
  };
  const application = number("application_utilization");
  return {
    requestsPerSecond: number("rps_fractional"),
    errorsPerSecond: number("eps"),
    utilization: application > 0 ? application : number("cpu_utilization"),
  };
}

function pairOf(text: string): readonly [string, string] {
  const at = text.search(/[=:]/);
  return at === -1 ? [text.trim(), ""] : [text.slice(0, at).trim(), text.slice(at + 1).trim()];
}

function jsonFields(text: string): ReadonlyMap<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return new Map(typeof value === "object" && value !== null ? Object.entries(value) : []);
  } catch {
    return new Map();
  }
}
