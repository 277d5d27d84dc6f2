/** What to do about a line that has no counterpart, by how it begins. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [
    /^(acl|http-request|http-response|http-after-response|tcp-request|tcp-response|redirect|use-server|rewrite|req|rsp|block|reqadd|rspadd|reqrep|filter|compression|errorfile|errorfiles|errorloc|http-error|unique-id)/,
    "Fairlead is no gateway: routing and rewriting by content stay where they are",
  ],
  [
    /^(log|log-format|log-tag|capture|option (httplog|tcplog|dontlognull|dontlog-normal|log-separate-errors|logasap))/,
    "nothing to do; Fairlead logs by itself",
  ],
  [/^(stats|monitor|monitor-uri|monitor-net|option socket-stats)/, "nothing to do; see GET /v1/status and /metrics"],
  [
    /^(cookie|appsession|stick|stick-table|hash-type|hash-balance-factor|hash-preserve-affinity|persist|force-persist|ignore-persist|dynamic-cookie-key)/,
    "there is no session affinity",
  ],
  [/^(maxconn|fullconn|rate-limit|backlog|timeout queue)/, "limit concurrency with the sidecar's breaker"],
  [/^timeout /, "nothing to do; connections of callers have the sidecar's own time-outs"],
  [
    /^option (forwardfor|originalto|http-server-close|httpclose|http-keep-alive|http-tunnel|forceclose|http_proxy|http-pretend-keepalive|abortonclose|splice-auto|splice-request|splice-response|clitcpka|srvtcpka|tcpka|tcp-smart-accept|tcp-smart-connect|nolinger|contstats|transparent|prefer-last-server|checkcache|independent-streams|log-health-checks|allbackups|accept-invalid-http-request|accept-invalid-http-response|http-use-htx|http-no-delay|http-buffer-request|h1-case-adjust-bogus-client|h1-case-adjust-bogus-server|idle-close-on-response|disable-h2-upgrade|http-ignore-probes|http-use-proxy-header)/,
    "nothing to do; the sidecar handles connections by its own rules",
  ],
  [
    /^(http-reuse|retry-on|load-server-state-from-file|server-state-file-name|max-keep-alive-queue)/,
    "nothing to do; the sidecar has its own rule",
  ],
  [/^(tcp-check|email-alert|external-check)/, "checks are a connection or one GET request"],
  [/^(bind-process|process|user|group|nbproc|nbthread|enabled|grace|guid)/, "nothing to do; it sets up the HAProxy process or proxy"],
];

export function insteadOfLine(words: readonly string[]): string {
  const text = words.join(" ");
  return ADVICE.find(([pattern]) => pattern.test(text))?.[1] ?? "no counterpart";
}
