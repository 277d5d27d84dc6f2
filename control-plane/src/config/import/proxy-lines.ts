// What the lines of a `defaults`, `frontend`, `backend` or `listen` section say, as far as Fairlead has a counterpart.

import type { BalancerPolicy, Protocol } from "@fairlead/shared";
import type { Draft } from "./draft.js";
import type { HaproxyLine } from "./haproxy-sections.js";
import { haproxyMs } from "./haproxy-time.js";
import { type HttpCheckLines, httpCheckOption, httpCheckRule } from "./http-check-lines.js";
import { insteadOfLine } from "./instead-of-line.js";
import { type ServerWords, serverWords } from "./server-words.js";

export interface WrittenServer {
  readonly line: HaproxyLine;
  /** From a `server-template`, which makes as many as DNS says. */
  readonly template: boolean;
  readonly address: string;
  readonly words: ServerWords;
}

/** One proxy, read line by line over what it inherits. */
export interface ProxyLines {
  mode: Protocol;
  lb: BalancerPolicy;
  serverTimeoutMs?: number;
  checkTimeoutMs?: number;
  attempts?: number;
  check: "tcp" | "http";
  /** What the check asks for, once `check` is http: its lines may come in any order. */
  http: HttpCheckLines;
  defaultServer: ServerWords;
  readonly servers: WrittenServer[];
  readonly binds: HaproxyLine[];
  defaultBackend?: HaproxyLine;
  readonly uses: HaproxyLine[];
  /** HAProxy's own statistics page, which nobody calls as a service. */
  statistics: boolean;
  off: boolean;
}

/** HAProxy's defaults, where they differ from ours. */
export function newProxyLines(): ProxyLines {
  return {
    mode: "tcp",
    lb: "round-robin",
    check: "tcp",
    http: {},
    defaultServer: {},
    servers: [],
    binds: [],
    uses: [],
    statistics: false,
    off: false,
  };
}

interface Reading {
  readonly proxy: ProxyLines;
  readonly line: HaproxyLine;
  readonly args: readonly string[];
  left(what: string, instead: string): void;
  differs(what: string, instead: string): void;
}

type Step = (reading: Reading) => void;

/** Takes one line, or finds that it cannot be carried. */
export function takeProxyLine(proxy: ProxyLines, line: HaproxyLine, draft: Draft): void {
  const left = (what: string, instead: string) => draft.left(line.place, what, instead);
  const differs = (what: string, instead: string) => draft.differs(line.place, what, instead);
  const whole = line.words.join(" ");
  const [first = "", second = ""] = line.words;
  if (line.variables.length > 0) {
    left(whole, `it depends on the environment variable ${line.variables.join(", ")}; import it with the value written`);
    return;
  }
  const two = STEPS.get(`${first} ${second}`);
  const one = STEPS.get(first);
  if (two !== undefined) two({ proxy, line, args: line.words.slice(2), left, differs });
  else if (one !== undefined) one({ proxy, line, args: line.words.slice(1), left, differs });
  else left(whole, insteadOfLine(line.words));
}

const MODES: Readonly<Record<string, Protocol>> = { tcp: "tcp", http: "http1" };

const POLICIES = new Map<string, readonly [BalancerPolicy, string | undefined]>([
  ["roundrobin", ["round-robin", undefined]],
  ["static-rr", ["round-robin", undefined]],
  ["leastconn", ["least-request", "least-request counts requests, not connections"]],
  ["random", ["least-request", "least-request takes the less busy of two random endpoints"]],
]);

function balance({ proxy, args, left, differs }: Reading): void {
  const written = args.join(" ");
  const known = POLICIES.get((args[0] ?? "").replace(/\(\d+\)$/, ""));
  proxy.lb = known?.[0] ?? "least-request";
  if (known === undefined) left(`balance ${written}`, "there is no affinity or order of servers; least-request is written");
  else if (known[1] !== undefined) differs(`balance ${written}`, known[1]);
}

function mode({ proxy, args, left }: Reading): void {
  const protocol = Object.hasOwn(MODES, args[0] ?? "") ? MODES[args[0] ?? ""] : undefined;
  if (protocol === undefined) left(`mode ${args.join(" ")}`, "http and tcp are carried");
  else proxy.mode = protocol;
}

/** An hour is the longest a request may take. */
const LONGEST_MS = 3_600_000;

const timeout =
  (key: "serverTimeoutMs" | "checkTimeoutMs"): Step =>
  ({ proxy, line, args, left }) => {
    const ms = haproxyMs(args[0] ?? "");
    if (ms === undefined) left(line.words.join(" "), "this is no time");
    else if (ms === 0) left(line.words.join(" "), "there is no endless time-out; that of `defaults` applies");
    else {
      proxy[key] = Math.min(ms, LONGEST_MS);
      if (ms > LONGEST_MS) left(line.words.join(" "), "one hour is the longest, and is written");
    }
  };

function retries({ proxy, args, left, differs }: Reading): void {
  const written = /^\d{1,9}$/.test(args[0] ?? "") ? Number(args[0]) : undefined;
  if (written === undefined) left(`retries ${args.join(" ")}`, "this is no number");
  else {
    proxy.attempts = Math.min(3, written);
    if (written > 3) differs(`retries ${written}`, "3 further tries are the most");
  }
}

function option({ proxy, args, line, left }: Reading): void {
  const other = OTHER_CHECKS.has(args[0] ?? "");
  if (other) proxy.check = "tcp";
  left(line.words.join(" "), other ? "a connection that opens passes; there is no check of this protocol" : insteadOfLine(line.words));
}

const OTHER_CHECKS = new Set([
  "ldap-check",
  "mysql-check",
  "pgsql-check",
  "redis-check",
  "smtpchk",
  "spop-check",
  "ssl-hello-chk",
  "external-check",
]);

function server(template: boolean): Step {
  return ({ proxy, line, args, left }) => {
    const [address, rest] = template ? [args[2], args.slice(3)] : [args[1], args.slice(2)];
    const what = `${line.words[0]} ${args[0] ?? ""}`;
    const words = serverWords(proxy.defaultServer, rest, (word, instead) => left(`${word} of ${what}`, instead));
    if (address === undefined) left(what, "it has no address");
    else proxy.servers.push({ line, template, address, words });
  };
}

const nothing: Step = () => undefined;

const STEPS = new Map<string, Step>([
  ["mode", mode],
  ["balance", balance],
  ["timeout server", timeout("serverTimeoutMs")],
  ["timeout check", timeout("checkTimeoutMs")],
  ["timeout connect", ({ line, differs }) => differs(line.words.join(" "), "how long a connection may take is the sidecar's own setting")],
  ["retries", retries],
  // A second try always goes to another endpoint.
  ["option redispatch", nothing],
  [
    "no option",
    ({ line, left }) =>
      line.words[2] === "redispatch" ? left(line.words.join(" "), "a retry always goes to another endpoint") : undefined,
  ],
  [
    "option httpchk",
    ({ proxy, args, differs, left }) => {
      proxy.check = "http";
      proxy.http = { ...proxy.http, ...httpCheckOption(args, { left, differs }) };
    },
  ],
  [
    "option tcp-check",
    ({ proxy }) => {
      proxy.check = "tcp";
    },
  ],
  ["option", option],
  [
    "http-check",
    ({ proxy, args, differs, left }) => {
      proxy.http = { ...proxy.http, ...httpCheckRule(args, { left, differs }) };
    },
  ],
  [
    "default-server",
    ({ proxy, args, left }) => {
      proxy.defaultServer = serverWords(proxy.defaultServer, args, (word, instead) => left(`${word} of default-server`, instead));
    },
  ],
  ["server", server(false)],
  ["server-template", server(true)],
  ["bind", ({ proxy, line }) => void proxy.binds.push(line)],
  [
    "default_backend",
    ({ proxy, line }) => {
      proxy.defaultBackend = line;
    },
  ],
  ["use_backend", ({ proxy, line }) => void proxy.uses.push(line)],
  [
    "stats enable",
    ({ proxy, left }) => {
      proxy.statistics = true;
      left("stats enable", "see GET /v1/status and /metrics");
    },
  ],
  [
    "disabled",
    ({ proxy }) => {
      proxy.off = true;
    },
  ],
  ["description", nothing],
  ["id", nothing],
]);
