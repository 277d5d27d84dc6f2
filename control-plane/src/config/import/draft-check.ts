import type { Draft, DraftCheck } from "./draft.js";
import type { ProxyLines } from "./proxy-lines.js";
import type { ServerWords } from "./server-words.js";

/** HAProxy's own timing (its manual, "inter", "rise", "fall"), where ours differs. */
const HAPROXY = { interMs: 2_000, rise: 2, fall: 3 };
/** Our schema's bounds. */
const INTERVAL = { minMs: 100, maxMs: 3_600_000 };

/** The check of a service: HAProxy has one per server, and only of those that say so. */
export function draftCheck(proxy: ProxyLines, place: string, draft: Draft): DraftCheck {
  const servers = proxy.servers.map(({ words }) => words);
  const checked = servers.filter((words) => words.checked === true);
  const [first] = checked;
  if (first === undefined) return { type: "none" };
  if (checked.length < servers.length) draft.differs(place, "servers without `check`", "all endpoints of a service are checked, or none");
  const other = checked.some((words) => timingOf(words).join() !== timingOf(first).join());
  if (other) draft.differs(place, "servers with their own check timing", "a service has one; the first server's is written");
  const intervalMs = fit(first.interMs ?? HAPROXY.interMs, INTERVAL.maxMs);
  if (first.interMs !== undefined && first.interMs !== intervalMs)
    draft.differs(place, `inter ${first.interMs}ms`, "an interval is 100ms to 1h");
  const timing = {
    intervalMs,
    ...(first.fastInterMs === undefined ? {} : { fastIntervalMs: fit(first.fastInterMs, intervalMs) }),
    ...(proxy.checkTimeoutMs === undefined ? {} : { timeoutMs: Math.min(proxy.checkTimeoutMs, intervalMs) }),
    rise: first.rise ?? HAPROXY.rise,
    fall: first.fall ?? HAPROXY.fall,
  };
  if (proxy.check === "tcp") return { type: "tcp", ...timing };
  const { path = "/", host, status = "200-399" } = proxy.http;
  return { type: "http", ...timing, path, ...(host === undefined ? {} : { host }), status };
}

function timingOf({ interMs, fastInterMs, rise, fall }: ServerWords): readonly (number | undefined)[] {
  return [interMs, fastInterMs, rise, fall];
}

function fit(ms: number, maxMs: number): number {
  return Math.min(maxMs, Math.max(INTERVAL.minMs, ms));
}
