// The words of `server`, `server-template` and `default-server` lines.

import { haproxyMs } from "./haproxy-time.js";

export interface ServerWords {
  readonly weight?: number;
  readonly checked?: boolean;
  readonly interMs?: number;
  readonly fastInterMs?: number;
  readonly rise?: number;
  readonly fall?: number;
  readonly backup?: boolean;
  readonly disabled?: boolean;
  readonly resolvers?: string;
  readonly prefer?: "ipv4" | "ipv6";
  /** Why the server would not understand us. */
  readonly foreign?: string;
}

/** A word that is not carried, and what to do instead. */
export type Unfit = (what: string, instead: string) => void;

type Step = (words: ServerWords, value: string, unfit: Unfit) => ServerWords;

const PROXY = "the PROXY protocol is not spoken; let the server take connections without it";

const FLAGS: Readonly<Record<string, ServerWords>> = {
  check: { checked: true },
  "no-check": { checked: false },
  backup: { backup: true },
  "no-backup": { backup: false },
  disabled: { disabled: true },
  enabled: { disabled: false },
  ssl: { foreign: "TLS to servers is not there yet; let the server listen without it, or leave it to HAProxy" },
  "no-ssl": {},
  "send-proxy": { foreign: PROXY },
  "send-proxy-v2": { foreign: PROXY },
  "send-proxy-v2-ssl": { foreign: PROXY },
  "send-proxy-v2-ssl-cn": { foreign: PROXY },
};

const whole = (value: string): number | undefined => (/^\d{1,9}$/.test(value) ? Number(value) : undefined);

/** A number within the bounds of our schema; HAProxy's own are wider. */
const count =
  (key: "rise" | "fall"): Step =>
  (words, value, unfit) => {
    const read = whole(value);
    if (read === undefined || read < 1 || read > 100) unfit(`${key} ${value}`, `${key} is 1 to 100`);
    return read === undefined ? words : { ...words, [key]: Math.min(100, Math.max(1, read)) };
  };

const time =
  (key: "interMs" | "fastInterMs", word: string): Step =>
  (words, value, unfit) => {
    const ms = haproxyMs(value);
    if (ms === undefined) unfit(`${word} ${value}`, "this is no time");
    return ms === undefined ? words : { ...words, [key]: ms };
  };

const VALUES: Readonly<Record<string, Step>> = {
  weight: (words, value, unfit) => {
    const weight = whole(value);
    if (weight === undefined || weight > 10_000) unfit(`weight ${value}`, "a weight is 0 to 10000");
    return weight === undefined || weight > 10_000 ? words : { ...words, weight };
  },
  inter: time("interMs", "inter"),
  fastinter: time("fastInterMs", "fastinter"),
  rise: count("rise"),
  fall: count("fall"),
  resolvers: (words, value) => ({ ...words, resolvers: value }),
  "resolve-prefer": (words, value) => ({ ...words, prefer: value === "ipv6" ? "ipv6" : "ipv4" }),
};

/** Words of the line that take a value and have no counterpart; without this their values would be taken for words. */
const VALUED = new Set(
  "addr agent-addr agent-inter agent-port agent-send alpn check-alpn check-proto check-sni ca-file ciphers ciphersuites cookie crl-file crt downinter error-limit guid hash-key id idle-ping init-addr init-state log-bufsize log-proto maxconn maxqueue max-reuse minconn namespace observe on-error on-marked-down on-marked-up pool-conn-name pool-low-conn pool-max-conn pool-purge-delay port proto redir resolve-net resolve-opts shard slowstart sni socks4 source ssl-max-ver ssl-min-ver strict-maxconn tcp-ut track usesrc verify verifyhost ws proxy-v2-options".split(
    " ",
  ),
);
/** What has no counterpart because Fairlead does it in its own way; nothing to do. */
const OWN_WAY = new Set([
  "init-addr",
  "resolve-opts",
  "downinter",
  "id",
  "guid",
  "pool-purge-delay",
  "pool-max-conn",
  "pool-low-conn",
  "max-reuse",
]);

function insteadOf(word: string): string {
  if (/ssl|crt|ca-file|ciphers|verify|sni|alpn/.test(word)) return "there is no TLS to servers yet";
  if (/^(maxconn|maxqueue|minconn|strict-maxconn)$/.test(word)) return "limit concurrency with the sidecar's breaker";
  if (word === "slowstart") return "new endpoints are not ramped up yet";
  if (word === "cookie") return "there is no session affinity";
  if (word === "port" || word === "addr") return "checks go to the address of the endpoint";
  if (/^(observe|error-limit|on-error|on-marked)/.test(word)) return "sidecars eject failing endpoints by themselves";
  return OWN_WAY.has(word) ? "nothing to do; Fairlead has its own way" : "no counterpart";
}

/** Reads the words over what `default-server` said before. */
export function serverWords(before: ServerWords, texts: readonly string[], unfit: Unfit): ServerWords {
  let words = before;
  for (let at = 0; at < texts.length; at += 1) {
    const word = texts[at] ?? "";
    const step = own(VALUES, word);
    const flag = own(FLAGS, word);
    if (flag !== undefined) words = { ...words, ...flag };
    else if (step !== undefined) {
      at += 1;
      words = step(words, texts[at] ?? "", unfit);
    } else if (VALUED.has(word)) {
      at += 1;
      unfit(`${word} ${texts[at] ?? ""}`, insteadOf(word));
    } else unfit(word, insteadOf(word));
  }
  return words;
}

function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
