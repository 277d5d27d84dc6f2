import { formatProblem } from "@fairlead/shared";
import { describe, expect, test } from "vitest";
import { printConfig, readSettings } from "./index.js";

function read(text: string, environment = {}) {
  return readSettings({ file: "sc.yaml", text, environment, resolve: (path) => (path.startsWith("/") ? path : `/etc/${path}`) });
}

function messages(text: string): readonly string[] {
  const result = read(text);
  return result.ok ? [] : result.error.map(formatProblem);
}

/** What a sidecar needs, in three lines; what a test is about begins on line 4. */
const with_ = (rest: string) => `node: { id: web-7 }\ncontrolPlane: { addresses: ["10.0.0.9:18000"] }\nstateDir: /state\n${rest}`;

const EXAMPLE = `# fairlead-sidecar --config sidecar.yaml
node: { id: web-7, cluster: web, zone: a }
controlPlane: { addresses: ["10.0.0.9:18000", "10.0.0.10:18000"] }
stateDir: /var/lib/fairlead/sidecar
admin: { listen: 127.0.0.1:15000 }
upstreams: [ { service: shop, listen: 127.0.0.1:9001 }, { service: cart } ]
http: { listen: 127.0.0.1:9000, hosts: { Shop.internal: shop } }
drain: { timeout: 30s }
`;

/** What is not said about limits and logs. */
const TELEMETRY = {
  accessLog: { mode: "errors", rate: 0.01, query: false },
  answerHeader: false,
  limits: { connections: undefined, bodyBytes: undefined },
  shed: { enabled: true, inFlight: undefined, loopDelayMs: undefined, heapPercent: undefined },
};

test.each([
  ["accessLog: off", { accessLog: { ...TELEMETRY.accessLog, mode: "off" } }],
  ["accessLog: { mode: sampled, rate: 0.5, query: true }", { accessLog: { mode: "sampled", rate: 0.5, query: true } }],
  ["answerHeader: true", { answerHeader: true }],
  ["limits: { connections: 10, bodyBytes: 1000 }", { limits: { connections: 10, bodyBytes: 1_000 } }],
  ["shed: off", { shed: { ...TELEMETRY.shed, enabled: false } }],
  ["shed: { inFlight: 5, loopDelay: 200ms }", { shed: { ...TELEMETRY.shed, inFlight: 5, loopDelayMs: 200 } }],
])("%s is read as it says, and printed as it is read", (text, wanted) => {
  const first = read(with_(`upstreams: []\n${text}`));
  if (!first.ok) throw new Error(first.error.map(formatProblem).join("\n"));
  expect(first.value.settings).toMatchObject(wanted);
  const again = read(printConfig(first.value));
  expect(again.ok && again.value.settings).toEqual(first.value.settings);
});

test("the example is read as it says", () => {
  const result = read(EXAMPLE);
  expect(result.ok && result.value.settings).toEqual({
    node: { id: "web-7", cluster: "web", zone: "a" },
    controlPlane: { addresses: ["10.0.0.9:18000", "10.0.0.10:18000"] },
    stateDir: "/var/lib/fairlead/sidecar",
    admin: { listen: { host: "127.0.0.1", port: 15_000 } },
    upstreams: [
      { service: "shop", listen: { host: "127.0.0.1", port: 9_001 } },
      { service: "cart", listen: undefined },
    ],
    http: { listen: { host: "127.0.0.1", port: 9_000 }, hosts: new Map([["shop.internal", "shop"]]) },
    drain: { timeoutMs: 30_000, leaveMs: 60_000 },
    ...TELEMETRY,
  });
});

test("files of TLS start at the configuration's directory, and a certificate goes with its key", () => {
  const tls = (more: string) =>
    `node: { id: a }\ncontrolPlane: { addresses: ["[::1]:1"], tls: { ca: ca.pem${more} } }\nstateDir: /s\nupstreams: []`;
  const result = read(tls(", cert: /c.pem, key: k.pem, serverName: cp.internal"));
  expect(result.ok && result.value.settings.controlPlane.tls).toEqual({
    ca: "/etc/ca.pem",
    cert: "/c.pem",
    key: "/etc/k.pem",
    serverName: "cp.internal",
  });
  expect(messages(tls(", cert: c.pem"))).toEqual(["sc.yaml:2:41: controlPlane.tls: cert and key go together"]);
});

test("what is not said has a default", () => {
  const result = read(with_("upstreams: []"));
  expect(result.ok && result.value.settings).toEqual({
    node: { id: "web-7", cluster: "web-7", zone: "default" },
    controlPlane: { addresses: ["10.0.0.9:18000"] },
    stateDir: "/state",
    admin: { listen: { host: "127.0.0.1", port: 15_000 } },
    upstreams: [],
    http: undefined,
    drain: { timeoutMs: 30_000, leaveMs: 60_000 },
    ...TELEMETRY,
  });
});

describe("a wrong configuration is refused with its place", () => {
  test.each([
    [
      "a control plane by name",
      'node: { id: a }\ncontrolPlane: { addresses: ["cp:18000"] }\nstateDir: /s\nupstreams: []',
      'sc.yaml:2:29: controlPlane.addresses[0]: expected an address such as 10.0.0.9:18000, got "cp:18000"; names of control planes are not looked up in this version',
    ],
    [
      "no control plane",
      "node: { id: a }\ncontrolPlane: { addresses: [] }\nstateDir: /s\nupstreams: []",
      "sc.yaml:2:17: controlPlane.addresses: expected at least 1 entry",
    ],
    [
      "one control plane twice",
      'node: { id: a }\ncontrolPlane: { addresses: ["[::1]:1", "[0::1]:1"] }\nstateDir: /s\nupstreams: []',
      "sc.yaml:2:40: controlPlane.addresses[1]: [::1]:1 is already listed at sc.yaml:2:29",
    ],
    [
      "a key of a later version",
      'node: { id: a }\ncontrolPlane: { addresses: ["[::1]:1"], allowDnsSeeds: true }\nstateDir: /s\nupstreams: []',
      "sc.yaml:2:41: controlPlane.allowDnsSeeds: unknown key; the keys here are addresses, tls",
    ],
    ["no upstreams", with_(""), "sc.yaml:1:1: upstreams: missing; expected a list"],
    [
      "an upstream twice",
      with_("http: { listen: 127.0.0.1:1 }\nupstreams: [ { service: shop }, { service: shop } ]"),
      'sc.yaml:5:44: upstreams[1].service: "shop" is already an upstream at sc.yaml:5:14',
    ],
    [
      "an upstream that nothing reaches",
      with_("upstreams: [ { service: shop } ]"),
      'sc.yaml:4:14: upstreams[0]: nothing could reach "shop": it has no listen, and there is no http.listen',
    ],
    [
      "one port twice",
      with_("upstreams: [ { service: a, listen: 127.0.0.1:1 }, { service: b, listen: 127.0.0.1:1 } ]"),
      "sc.yaml:4:73: upstreams[1].listen: 127.0.0.1:1 is already taken by upstreams[0].listen (sc.yaml:4:28)",
    ],
    [
      "the admin port",
      with_("upstreams: [ { service: a, listen: 0.0.0.0:15000 } ]"),
      "sc.yaml:4:36: upstreams[0].listen: 0.0.0.0:15000 is already taken by admin.listen (sc.yaml:1:1)",
    ],
    [
      "a host of no upstream",
      with_("upstreams: []\nhttp: { listen: 127.0.0.1:1, hosts: { a.b: shop } }"),
      'sc.yaml:5:44: http.hosts["a.b"]: "shop" is not among the upstreams; add it there',
    ],
    [
      "a host twice",
      with_("upstreams: [ { service: a } ]\nhttp: { listen: 127.0.0.1:1, hosts: { x: a, X: a } }"),
      "sc.yaml:5:48: http.hosts.X: the same host as at sc.yaml:5:39",
    ],
    [
      "an upstream's name for another",
      with_("upstreams: [ { service: a }, { service: b } ]\nhttp: { listen: 127.0.0.1:1, hosts: { a: b } }"),
      'sc.yaml:5:42: http.hosts.a: "a" is an upstream, and its name always means itself',
    ],
    [
      "a host with a port",
      with_("upstreams: [ { service: a } ]\nhttp: { listen: 127.0.0.1:1, hosts: { 'x:1': a } }"),
      'sc.yaml:5:39: http.hosts["x:1"]: expected a host name without a port as the key',
    ],
    [
      "a bad service name",
      with_("upstreams: [ { service: A, listen: 127.0.0.1:1 } ]"),
      'sc.yaml:4:25: upstreams[0].service: expected a service name (a-z 0-9 . _ -, beginning and ending with a letter or digit), got "A"',
    ],
    [
      "a long time to leave",
      with_("upstreams: []\ndrain: { leave: 2h }"),
      'sc.yaml:5:17: drain.leave: expected a duration from 0ms to 1h, got "2h"',
    ],
    [
      "a long drain",
      with_("upstreams: []\ndrain: { timeout: 2h }"),
      'sc.yaml:5:19: drain.timeout: expected a duration from 0ms to 1h, got "2h"',
    ],
    [
      "more upstreams than the limit",
      with_(`upstreams: [ ${"{ service: a },".repeat(1_001)} ]`),
      "sc.yaml:4:1: upstreams: expected at most 1000 entries, got 1001",
    ],
  ])("%s", (_, text, message) => {
    expect(messages(text)).toEqual([message]);
  });
});

test("what is printed is read as the same settings, and says where each value is from", () => {
  const first = read(EXAMPLE, { FAIRLEAD_NODE__ZONE: "b" });
  if (!first.ok) throw new Error(first.error.map(formatProblem).join("\n"));
  const printed = printConfig(first.value);
  expect(printed).toContain("  zone: b # environment FAIRLEAD_NODE__ZONE\n");
  expect(printed).toContain("  timeout: 30s # sc.yaml:8:19\n");
  const again = read(printed);
  expect(again.ok && again.value.settings).toEqual(first.value.settings);
});
