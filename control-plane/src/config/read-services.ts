import { type Cursor, durationIn } from "@fairlead/shared";
import { readCalling } from "./calling-settings.js";
import { readFeeds } from "./read-feeds.js";
import type { CheckText, DefaultsText, ServiceText } from "./schema.js";
import type { CheckSettings, CheckTiming, HttpCheckSettings, ServiceSettings } from "./settings.js";

const REQUEST_TIMEOUT = { minMs: 1, maxMs: 3_600_000 };
/** Faster checks of a large fleet are an attack on it. */
const INTERVAL = { minMs: 100, maxMs: 3_600_000 };

/** Refused connections are found by the first check; a silent endpoint is out after 5 + 3 × 1 seconds at worst. */
const STANDARD_TIMING: CheckTiming = {
  intervalMs: 5_000,
  fastIntervalMs: 1_000,
  timeoutMs: 1_000,
  rise: 2,
  fall: 3,
  // A long collection of garbage; less than three time-outs in a row take.
  pauseToleranceMs: 2_000,
};
const PAUSE = { minMs: 0, maxMs: 600_000 };

/** A service needs only a name and a source to be safe. */
const STANDARD: ServiceSettings = {
  protocol: "http1",
  lb: { policy: "least-request" },
  timeoutMs: 15_000,
  safety: "standard",
  unlisted: "remove",
  merge: "union",
  check: { type: "tcp", ...STANDARD_TIMING },
  retries: { attempts: 1, budgetPercent: 20 },
};

/** `defaults:` over what we think standard. */
export function readDefaults(text: DefaultsText, cursor: Cursor, sources: readonly string[]): ServiceSettings {
  return merged({ text, under: STANDARD, cursor, sources });
}

/** One service's settings over `defaults:`. */
export function readService({
  text,
  defaults,
  cursor,
  sources,
}: {
  readonly text: ServiceText;
  readonly defaults: ServiceSettings;
  readonly cursor: Cursor;
  /** Names of all sources. */
  readonly sources: readonly string[];
}): ServiceSettings {
  const settings = merged({ text, under: defaults, cursor, sources });
  return text.localPort === undefined ? settings : { ...settings, localPort: text.localPort };
}

interface Layer {
  readonly text: DefaultsText;
  readonly under: ServiceSettings;
  readonly cursor: Cursor;
  readonly sources: readonly string[];
}

function merged({ text, under, cursor, sources }: Layer): ServiceSettings {
  const check = text.check === undefined ? under.check : readCheck(text.check, { under: under.check, cursor: cursor.down("check") });
  const unlisted = text.unlisted ?? under.unlisted;
  if (text.unlisted === "keep-while-healthy" && check.type === "none")
    cursor.down("unlisted").refuse("keep-while-healthy needs a check: without one nobody is known to be healthy");
  const protocol = text.protocol ?? under.protocol;
  return {
    protocol,
    ...readCalling(text, { under, cursor, protocol }),
    timeoutMs: text.timeout === undefined ? under.timeoutMs : durationIn(cursor.down("timeout"), text.timeout, REQUEST_TIMEOUT),
    safety: text.safety ?? under.safety,
    unlisted,
    ...readFeeds(text, { under, cursor, known: sources }),
    check,
    retries: readRetries(text, under.retries, cursor.down("retries")),
  };
}

function readRetries({ retries }: DefaultsText, under: ServiceSettings["retries"], cursor: Cursor): ServiceSettings["retries"] {
  const perTry = retries?.perTryTimeout;
  const perTryTimeoutMs = perTry === undefined ? under.perTryTimeoutMs : durationIn(cursor.down("perTryTimeout"), perTry, REQUEST_TIMEOUT);
  return {
    attempts: retries?.attempts ?? under.attempts,
    budgetPercent: retries?.budgetPercent ?? under.budgetPercent,
    ...(perTryTimeoutMs === undefined ? {} : { perTryTimeoutMs }),
  };
}

interface CheckLayer {
  readonly under: CheckSettings;
  readonly cursor: Cursor;
}

function readCheck(text: CheckText, { under, cursor }: CheckLayer): CheckSettings {
  if (text === "none") return { type: "none" };
  const timing = readTiming(text, under.type === "none" ? STANDARD_TIMING : under, cursor);
  if (text.type === "tcp") return { type: "tcp", ...timing };
  return readHttpCheck(text, { timing, under: under.type === "http" ? under : undefined, cursor });
}

function readHttpCheck(
  text: Extract<CheckText, { readonly type: "http" | "https" }>,
  { timing, under, cursor }: { readonly timing: CheckTiming; readonly under: HttpCheckSettings | undefined; readonly cursor: Cursor },
): HttpCheckSettings {
  const host = text.host ?? under?.host;
  const status = text.status === undefined ? (under?.status ?? { from: 200, to: 299 }) : readStatus(text.status, cursor.down("status"));
  const headers = text.headers ?? under?.headers;
  for (const name of Object.keys(text.headers ?? {}))
    if (OURS.includes(name.toLowerCase()))
      cursor.down("headers").down(name).refuse(`${name} is written by the check itself; host sets Host`);
  const body = text.body ?? under?.body;
  const identity = text.identity === undefined ? under?.identity : readIdentity(text.identity, cursor.down("identity"));
  const given = { host, headers, body, identity, tls: text.type === "https" ? readTls(text) : undefined };
  return { type: "http", ...timing, path: text.path, status, ...present(given) };
}

const OURS = ["host", "connection", "content-length", "transfer-encoding"];

function readTls({ serverName, insecure }: Extract<CheckText, { readonly type: "https" }>): NonNullable<HttpCheckSettings["tls"]> {
  return { ...(serverName === undefined ? {} : { serverName }), ...(insecure === true ? { insecure } : {}) };
}

function readIdentity(
  { header, is, body }: { readonly header?: string; readonly is?: string; readonly body?: string },
  cursor: Cursor,
): HttpCheckSettings["identity"] {
  if (body !== undefined && header === undefined && is === undefined) return { body };
  if (body === undefined && header !== undefined && is !== undefined) return { header: header.toLowerCase(), is };
  cursor.refuse("expected header and is, or body alone");
  return undefined;
}

function present<T extends object>(given: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

function readTiming(text: Exclude<CheckText, "none">, under: CheckTiming, cursor: Cursor): CheckTiming {
  const intervalMs = text.interval === undefined ? under.intervalMs : durationIn(cursor.down("interval"), text.interval, INTERVAL);
  /** What is written must be at most the interval, or two checks of one endpoint would overlap; what is inherited is cut to it. */
  const within = (key: "timeout" | "fastInterval", inheritedMs: number, minMs: number) => {
    const written = text[key];
    return written === undefined
      ? Math.min(inheritedMs, intervalMs)
      : durationIn(cursor.down(key), written, { minMs, maxMs: Math.max(minMs, intervalMs) });
  };
  return {
    intervalMs,
    fastIntervalMs: within("fastInterval", under.fastIntervalMs, INTERVAL.minMs),
    timeoutMs: within("timeout", under.timeoutMs, 1),
    rise: text.rise ?? under.rise,
    fall: text.fall ?? under.fall,
    pauseToleranceMs:
      text.pauseTolerance === undefined ? under.pauseToleranceMs : durationIn(cursor.down("pauseTolerance"), text.pauseTolerance, PAUSE),
    // Said of one change; the next one is tried unless it says so again.
    ...(text.now === true ? { now: true as const } : {}),
    ...((text.anyAddress ?? under.anyAddress) === true ? { anyAddress: true as const } : {}),
  };
}

function readStatus(text: string | number, cursor: Cursor): { readonly from: number; readonly to: number } {
  const [from = 0, to = from] = String(text).split("-").map(Number);
  if (to < from) cursor.refuse(`expected the smaller status first, got "${text}"`);
  return { from, to };
}
