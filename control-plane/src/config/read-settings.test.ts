import { formatProblem, type Result } from "@fairlead/shared";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ReadSettings, readSettings } from "./index.js";
import { type ConfigText, includePatterns } from "./read-settings.js";
import type { ServiceSettings, Settings } from "./settings.js";

const resolve = (path: string) => (path.startsWith("/") ? path : `/etc/fairlead/${path.replace(/^\.\//, "")}`);

function read(text: string, included: readonly ConfigText[] = [], environment = {}): Result<ReadSettings, readonly string[]> {
  const result = readSettings({ main: { file: "cp.yaml", text }, included, environment, resolve });
  return result.ok ? result : { ok: false, error: result.error.map(formatProblem) };
}

function settingsOf(text: string): Settings {
  const result = read(text);
  if (!result.ok) throw new Error(result.error.join("\n"));
  return result.value.settings;
}

function messages(text: string, included: readonly ConfigText[] = []): readonly string[] {
  const result = read(text, included);
  return result.ok ? [] : result.error;
}

/** The least a control plane needs, in two lines; what a test is about begins on line 3. */
const with_ = (rest: string) => `id: cp-1\nstateDir: /state\n${rest}`;
const withSource = (rest: string) => with_(`sources:\n  - name: s\n${rest.replace(/^/gm, "    ")}`);

const STANDARD: ServiceSettings = {
  protocol: "http1",
  lb: { policy: "least-request" },
  timeoutMs: 15_000,
  safety: "standard",
  unlisted: "remove",
  merge: "union",
  check: { type: "tcp", intervalMs: 5_000, fastIntervalMs: 1_000, timeoutMs: 1_000, rise: 2, fall: 3, pauseToleranceMs: 2_000 },
  retries: { attempts: 1, budgetPercent: 20 },
};

const EXAMPLE = `# fairlead-control-plane --config control-plane.yaml
id: cp-1
stateDir: /var/lib/fairlead/control-plane
xds:   { listen: 127.0.0.1:18000 }
admin: { listen: 127.0.0.1:18001 }
include: services.d/*.yaml
sources:
  - { name: fixed, type: static, services: { shop: [ { address: "10.0.0.1:8080", weight: 100, zone: a } ] } }
  - { name: lists, type: file, path: ./services.yaml }
  - name: zk
    type: zookeeper
    servers: [10.0.0.5:2181]
    sessionTimeout: 30s
    paths:
      - { path: /members/cart, service: cart, format: host-port }
      - { path: "/services/*", service: "{1}", format: curator, port: main }
  - { name: dns, type: dns, resolvers: ["10.0.0.2:53"], names: [ { service: find, name: find.internal., type: A, port: 8080 } ] }
defaults: { protocol: http1, lb: least-request, timeout: 15s, safety: standard }
services:
  shop:
    localPort: 9001
    lb: { policy: least-request }
    check: { type: http, path: /healthz, interval: 2s, timeout: 1s, rise: 2, fall: 3 }
    retries: { attempts: 1, budgetPercent: 20 }
`;

test("the example is read as it says", () => {
  expect(settingsOf(EXAMPLE)).toEqual({
    id: "cp-1",
    stateDir: "/var/lib/fairlead/control-plane",
    xds: { listen: { host: "127.0.0.1", port: 18_000 } },
    admin: { listen: { host: "127.0.0.1", port: 18_001 } },
    bootWaitMs: 30_000,
    sources: [
      {
        type: "static",
        name: "fixed",
        services: new Map([["shop", [{ address: "10.0.0.1:8080", weight: 100, zone: "a", place: "cp.yaml:8:54" }]]]),
      },
      { type: "file", name: "lists", path: "/etc/fairlead/services.yaml" },
      {
        type: "zookeeper",
        name: "zk",
        servers: ["10.0.0.5:2181"],
        sessionTimeoutMs: 30_000,
        chroot: "",
        paths: [
          { path: "/members/cart", service: "cart", format: "host-port", port: "main" },
          { path: "/services/*", service: "{1}", format: "curator", port: "main" },
        ],
      },
      {
        type: "dns",
        name: "dns",
        resolvers: ["10.0.0.2:53"],
        queriesPerSecond: 4_000,
        minTtlMs: 1_000,
        maxTtlMs: 60_000,
        maxStaleMs: 86_400_000,
        names: [{ service: "find", name: "find.internal.", type: "A", port: 8_080 }],
      },
    ],
    services: new Map([
      [
        "shop",
        {
          ...STANDARD,
          localPort: 9_001,
          check: {
            type: "http",
            path: "/healthz",
            status: { from: 200, to: 299 },
            intervalMs: 2_000,
            fastIntervalMs: 1_000,
            timeoutMs: 1_000,
            rise: 2,
            fall: 3,
            pauseToleranceMs: 2_000,
          },
        },
      ],
    ]),
    defaults: STANDARD,
  });
  expect(includePatterns({ file: "cp.yaml", text: EXAMPLE }, {})).toEqual(["services.d/*.yaml"]);
});

test("an id and a state directory are enough", () => {
  expect(settingsOf(with_(""))).toEqual({
    id: "cp-1",
    stateDir: "/state",
    xds: { listen: { host: "127.0.0.1", port: 18_000 } },
    admin: { listen: { host: "127.0.0.1", port: 18_001 } },
    bootWaitMs: 30_000,
    sources: [],
    services: new Map(),
    defaults: STANDARD,
  });
});

describe("what a service does not say it has from defaults, and defaults from the standard", () => {
  const serviceOf = (text: string) => [...settingsOf(with_(text)).services.values()][0];

  test.each<[string, string, Partial<ServiceSettings>]>([
    ["nothing said", "services: { shop: }", {}],
    ["a short lb", "services: { shop: { lb: round-robin } }", { lb: { policy: "round-robin" } }],
    ["no check", "services: { shop: { check: none } }", { check: { type: "none" } }],
    ["a default of none", "defaults: { check: none }\nservices: { shop: {} }", { check: { type: "none" } }],
    [
      "half of retries",
      "defaults: { retries: { attempts: 3 } }\nservices: { shop: { retries: { budgetPercent: 5 } } }",
      { retries: { attempts: 3, budgetPercent: 5 } },
    ],
    [
      "a time for one try",
      "defaults: { retries: { perTryTimeout: 2s } }\nservices: { shop: { retries: { attempts: 2 } } }",
      { retries: { attempts: 2, budgetPercent: 20, perTryTimeoutMs: 2_000 } },
    ],
    [
      "a policy that hashes",
      "services: { shop: { lb: { policy: maglev, hashOn: { header: X-User } } } }",
      { lb: { policy: "maglev", hashOn: { header: "x-user" } } },
    ],
    [
      "a hash on a cookie that is made, with bounded load",
      "services: { shop: { lb: { policy: ring-hash, hashOn: { cookie: seat, ttl: 1h }, boundedLoad: 125 } } }",
      { lb: { policy: "ring-hash", hashOn: { cookie: "seat", ttlMs: 3_600_000 }, balancePercent: 125 } },
    ],
    [
      "a hash on the caller's address",
      "services: { shop: { lb: { policy: maglev, hashOn: { sourceAddress: true } } } }",
      { lb: { policy: "maglev", hashOn: { sourceAddress: true } } },
    ],
    [
      "a hash on the caller's address, of a tcp service",
      "services: { shop: { protocol: tcp, lb: { policy: maglev, hashOn: { sourceAddress: true } } } }",
      { protocol: "tcp", lb: { policy: "maglev", hashOn: { sourceAddress: true } } },
    ],
    [
      "what callers are told",
      "defaults: { slowStart: 30s, outlier: { interval: 5s }, subset: { size: 20 } }\nservices: { shop: { outlier: { consecutive5xx: 3 }, limits: { maxRequests: 9 } } }",
      { slowStartMs: 30_000, outlier: { intervalMs: 5_000, consecutive5xx: 3 }, subset: { size: 20 }, limits: { maxRequests: 9 } },
    ],
    [
      "an end to what is inherited",
      "defaults: { slowStart: 30s, outlier: { interval: 5s }, subset: { size: 20 } }\nservices: { shop: { slowStart: 0s, outlier: none, subset: none } }",
      {},
    ],
    ["hedging", "services: { shop: { hedge: 10 } }", { hedgePercent: 10 }],
    ["an end to inherited hedging", "defaults: { hedge: 10 }\nservices: { shop: { hedge: 0 } }", {}],
    ["inherited hedging, of a tcp service", "defaults: { hedge: 10 }\nservices: { shop: { protocol: tcp } }", { protocol: "tcp" }],
    ["a timeout", "defaults: { timeout: 3s, safety: off }\nservices: { shop: { timeout: 1m } }", { timeoutMs: 60_000, safety: "off" }],
  ])("%s", (_, text, differs) => {
    expect(serviceOf(text)).toEqual({ ...STANDARD, ...differs });
  });

  test.each([
    ["services: { shop: { lb: maglev } }", /needs hashOn/],
    ["services: { shop: { lb: { policy: maglev, hashOn: { header: a, cookie: b } } } }", /exactly one of/],
    ["services: { shop: { lb: { policy: maglev, hashOn: { header: a, ttl: 5s } } } }", /goes with cookie/],
    ["services: { shop: { lb: { policy: random, boundedLoad: 150 } } }", /bounds loads by itself/],
    ["services: { shop: { lb: { policy: random, hashOn: { header: a } } } }", /does not hash/],
    ["services: { shop: { protocol: tcp, lb: { policy: ring-hash, hashOn: { header: a } } } }", /a tcp service has none/],
    ["services: { shop: { outlier: { baseEjectionTime: 10m } } }", /100ms to 5m/],
  ])("%s is refused", (text, reason) => {
    const read = readSettings({ main: { file: "cp.yaml", text: with_(text) }, environment: {}, included: [], resolve: (path) => path });
    expect(read.ok ? "" : JSON.stringify(read.error)).toMatch(reason);
  });

  test("a check inherits timing, host and statuses, and short intervals cut what is inherited", () => {
    const defaults = "defaults: { check: { type: http, path: /ok, host: h, status: 204, timeout: 2s, fall: 7 } }";
    expect(serviceOf(`${defaults}\nservices: { shop: { check: { type: http, path: /up, interval: 500ms } } }`)?.check).toEqual({
      type: "http",
      path: "/up",
      host: "h",
      status: { from: 204, to: 204 },
      intervalMs: 500,
      fastIntervalMs: 500,
      timeoutMs: 500,
      rise: 2,
      fall: 7,
      pauseToleranceMs: 2_000,
    });
  });

  test("a check after `check: none` starts from the standard", () => {
    expect(serviceOf("defaults: { check: none }\nservices: { shop: { check: { type: tcp } } }")?.check).toEqual(STANDARD.check);
  });

  test("a range of statuses has both ends", () => {
    const check = serviceOf('services: { shop: { check: { type: http, path: /, status: "200-399" } } }')?.check;
    expect(check?.type === "http" && check.status).toEqual({ from: 200, to: 399 });
  });
});

test("a second YAML document is refused where it begins", () => {
  expect(messages("id: a\nstateDir: /s\n---\nid: b\n")).toEqual([
    "cp.yaml:3:1: a second YAML document begins here; a configuration file is one document",
  ]);
});

test("include may be a list, and is printed as it is written", () => {
  const text = with_("include: [a/*.yaml, b.yaml]");
  expect(includePatterns({ file: "cp.yaml", text }, {})).toEqual(["a/*.yaml", "b.yaml"]);
  const result = read(text);
  expect(result.ok && result.value.include).toEqual(["a/*.yaml", "b.yaml"]);
  expect(messages(with_("include: []"))).toEqual(["cp.yaml:3:1: include: expected at least 1 entry"]);
  expect(messages(with_("include: [a.yaml, '*/x/*']"))[0]).toMatch(/^cp\.yaml:3:19: include\[1\]: expected a file, or a pattern/);
});

test("metadata of a written endpoint is kept as it is", () => {
  const result = read(
    with_("sources: [ { name: s, type: static, services: { a: [ { address: '10.0.0.1:80', metadata: { rack: r7, 'odd key': '' } } ] } } ]"),
  );
  const source = result.ok ? result.value.settings.sources[0] : undefined;
  const list = source?.type === "static" ? [...source.services.values()][0] : undefined;
  expect(list?.[0]?.metadata).toEqual({ rack: "r7", "odd key": "" });
});

describe("included files", () => {
  test("add services", () => {
    const result = read(with_("services: { shop: {} }"), [{ file: "a.yaml", text: "services: { cart: { timeout: 1s } }" }]);
    expect(result.ok && [...result.value.settings.services.keys()]).toEqual(["shop", "cart"]);
    expect(result.ok && result.value.place(["services", "cart", "timeout"])).toBe("a.yaml:1:30");
  });

  test("a service in two files is refused with both places", () => {
    const included = [
      { file: "a.yaml", text: "services: { cart: {} }" },
      { file: "b.yaml", text: "services:\n  cart: {}\n  shop: {}" },
    ];
    expect(messages(with_("services: { shop: {} }"), included)).toEqual([
      "b.yaml:2:3: services.cart: defined twice; first at a.yaml:1:13",
      "b.yaml:3:3: services.shop: defined twice; first at cp.yaml:3:13",
    ]);
  });

  test("may hold services only, and every wrong file is reported", () => {
    const included = [
      { file: "a.yaml", text: "id: x\nservices: {}" },
      { file: "b.yaml", text: "services: [" },
    ];
    expect(messages("id: x", included).map((line) => line.slice(0, 50))).toEqual([
      "cp.yaml:1:1: stateDir: missing; expected a directo",
      "a.yaml:1:1: id: unknown key; the keys here are ser",
      "b.yaml:1:12: not YAML: Flow sequence in block coll",
    ]);
  });
});

describe("what a schema cannot say is refused with its place too", () => {
  test.each([
    [
      "an unknown policy",
      with_("services: { shop: { lb: fastest } }"),
      'cp.yaml:3:25: services.shop.lb: expected one of round-robin, least-request, random, peak-ewma, ring-hash, maglev, got "fastest"',
    ],
    [
      "an unknown policy in a map",
      with_("defaults: { lb: { policy: fastest } }"),
      'cp.yaml:3:27: defaults.lb.policy: expected one of round-robin, least-request, random, peak-ewma, ring-hash, maglev, got "fastest"',
    ],
    [
      "a service name",
      with_("services: { Shop!: {} }"),
      'cp.yaml:3:13: services["Shop!"]: expected a service name (a-z 0-9 . _ -, beginning and ending with a letter or digit) as the key',
    ],
    [
      "hedging of more than half",
      with_("services: { shop: { hedge: 51 } }"),
      "cp.yaml:3:28: services.shop.hedge: expected a whole number from 0 to 50, got the number 51",
    ],
    [
      "hedging of a tcp service",
      with_("services: { shop: { protocol: tcp, hedge: 10 } }"),
      "cp.yaml:3:43: services.shop.hedge: a tcp service has connections, and no requests to hedge: expected 0",
    ],
    [
      "too many retries",
      with_("services: { shop: { retries: { attempts: 4 } } }"),
      "cp.yaml:3:42: services.shop.retries.attempts: expected a whole number from 0 to 3, got the number 4",
    ],
    [
      "one local port twice",
      with_("services: { a: { localPort: 9001 }, b: { localPort: 9001 } }"),
      "cp.yaml:3:53: services.b.localPort: port 9001 is already used at cp.yaml:3:18",
    ],
    [
      "a local port that is our own",
      with_("services: { a: { localPort: 18000 } }"),
      "cp.yaml:3:29: services.a.localPort: port 18000 is that of xds.listen (127.0.0.1:18000)",
    ],
    [
      "a local port that is our own on every address",
      with_("admin: { listen: '0.0.0.0:9001' }\nservices: { a: { localPort: 9001 } }"),
      "cp.yaml:4:29: services.a.localPort: port 9001 is that of admin.listen (0.0.0.0:9001)",
    ],
    [
      "the address of every interface",
      with_("sources: [ { name: s, type: static, services: { a: [ { address: '0.0.0.0:80' } ] } } ]"),
      'cp.yaml:3:65: sources[0].services.a[0].address: "0.0.0.0:80" is where a server listens, not where it is reached; give the address of the machine it runs on',
    ],
    [
      "a fast check",
      with_("services: { shop: { check: { type: tcp, interval: 50ms } } }"),
      'cp.yaml:3:51: services.shop.check.interval: expected a duration from 100ms to 1h, got "50ms"',
    ],
    [
      "a check that overlaps the next",
      with_("services: { shop: { check: { type: tcp, interval: 2s, timeout: 3s } } }"),
      'cp.yaml:3:64: services.shop.check.timeout: expected a duration from 1ms to 2s, got "3s"',
    ],
    [
      "a fast interval that is not",
      with_("services: { shop: { check: { type: tcp, fastInterval: 6s } } }"),
      'cp.yaml:3:55: services.shop.check.fastInterval: expected a duration from 100ms to 5s, got "6s"',
    ],
    [
      "an http check without a path",
      with_("services: { shop: { check: { type: http } } }"),
      "cp.yaml:3:21: services.shop.check.path: missing; expected a path such as /healthz",
    ],
    [
      "a path on a tcp check",
      with_("services: { shop: { check: { type: tcp, path: / } } }"),
      "cp.yaml:3:41: services.shop.check.path: unknown key; the keys here are type, interval, fastInterval, timeout, rise, fall, pauseTolerance, now, anyAddress",
    ],
    [
      "an unknown check",
      with_("services: { shop: { check: { type: htp } } }"),
      'cp.yaml:3:36: services.shop.check.type: expected one of tcp, http, https, got "htp"; did you mean "http"?',
    ],
    [
      "a status range",
      with_('services: { shop: { check: { type: http, path: /, status: "299-200" } } }'),
      'cp.yaml:3:59: services.shop.check.status: expected the smaller status first, got "299-200"',
    ],
    [
      "a status",
      with_("services: { shop: { check: { type: http, path: /, status: ok } } }"),
      'cp.yaml:3:59: services.shop.check.status: expected a status such as 200 or a range such as 200-399, got "ok"',
    ],
    ["a long boot wait", with_("bootWait: 11m"), 'cp.yaml:3:11: bootWait: expected a duration from 0ms to 10m, got "11m"'],
    [
      "a listen without an address",
      with_("xds: { listen: ':18000' }"),
      'cp.yaml:3:16: xds.listen: expected an IP before the port, got ":18000"; 0.0.0.0:18000 listens on every address',
    ],
    [
      "clients whose certificates nobody asks for",
      with_("xds: { tls: { cert: c, key: k, clients: [ { identity: a, nodes: [b] } ] } }"),
      "cp.yaml:3:32: xds.tls.clients: without clientCa no client shows a certificate: add clientCa, or leave clients out",
    ],
    ["a certificate without a key", with_("xds: { tls: { cert: c } }"), "cp.yaml:3:8: xds.tls.key: missing; expected a path"],
    [
      "one port for two listeners",
      with_("admin: { listen: 127.0.0.1:18000 }"),
      "cp.yaml:3:18: admin.listen: the same port as xds.listen (127.0.0.1:18000)",
    ],
    [
      "two stars in include",
      with_("include: '*/*.yaml'"),
      'cp.yaml:3:10: include: expected a file, or a pattern such as services.d/*.yaml with one * in its last part, got "*/*.yaml"',
    ],
    [
      "hashing on no header",
      with_("services: { shop: { lb: { policy: round-robin, hashOn: x } } }"),
      'cp.yaml:3:56: services.shop.lb.hashOn: expected a map, got "x"',
    ],
    [
      "two sources of one name",
      with_("sources: [ { name: a, type: file, path: x }, { name: a, type: file, path: y } ]"),
      'cp.yaml:3:54: sources[1].name: "a" is already the name of the source at cp.yaml:3:12',
    ],
    [
      "an unknown type of source",
      withSource("type: consul"),
      'cp.yaml:5:11: sources[0].type: expected one of static, file, zookeeper, dns, got "consul"',
    ],
    [
      "a static endpoint by name",
      withSource("type: static\nservices: { shop: [ { address: 'web:80' } ] }"),
      'cp.yaml:6:36: sources[0].services.shop[0].address: expected an address such as 10.0.0.1:8080, got "web:80"; lists take IP addresses, names go to a source of type dns',
    ],
    [
      "a static endpoint without a port",
      withSource("type: static\nservices: { shop: [ { address: 10.0.0.1 } ] }"),
      'cp.yaml:6:36: sources[0].services.shop[0].address: expected an address such as 10.0.0.1:8080, got "10.0.0.1"',
    ],
    [
      "a static endpoint twice",
      withSource("type: static\nservices: { shop: [ { address: '[::1]:80' }, { address: '[0::1]:80' } ] }"),
      "cp.yaml:6:50: sources[0].services.shop[1]: [::1]:80 is already listed at cp.yaml:6:25",
    ],
    [
      "a weight beyond the scale",
      withSource("type: static\nservices: { shop: [ { address: '10.0.0.1:80', weight: 10001 } ] }"),
      "cp.yaml:6:59: sources[0].services.shop[0].weight: expected a whole number from 0 to 10000, got the number 10001",
    ],
    [
      "a ZooKeeper server without a port",
      withSource("type: zookeeper\nservers: [zk1]\npaths: [ { path: /a, service: a, format: host-port } ]"),
      'cp.yaml:6:15: sources[0].servers[0]: "zk1" is not host:port with a port of 1 to 65535 (IPv6 as [::1]:80)',
    ],
    [
      "a long session",
      withSource("type: zookeeper\nservers: ['z:1']\nsessionTimeout: 6m\npaths: [ { path: /a, service: a, format: host-port } ]"),
      'cp.yaml:7:21: sources[0].sessionTimeout: expected a duration from 1s to 5m, got "6m"',
    ],
    [
      "a relative znode path",
      withSource("type: zookeeper\nservers: ['z:1']\npaths: [ { path: a/b, service: a, format: host-port } ]"),
      'cp.yaml:7:22: sources[0].paths[0].path: expected a znode path such as /members/cart, got "a/b"',
    ],
    [
      "two stars in a path",
      withSource("type: zookeeper\nservers: ['z:1']\npaths: [ { path: /*/*, service: '{1}', format: host-port } ]"),
      'cp.yaml:7:22: sources[0].paths[0].path: one part of a path may be *, got "/*/*"',
    ],
    [
      "a star within a part",
      withSource("type: zookeeper\nservers: ['z:1']\npaths: [ { path: /a*, service: '{1}', format: host-port } ]"),
      'cp.yaml:7:22: sources[0].paths[0].path: a * stands for a whole part of the path, as in /services/*, got "/a*"',
    ],
    [
      "{1} without a star",
      withSource("type: zookeeper\nservers: ['z:1']\npaths: [ { path: /a, service: '{1}', format: host-port } ]"),
      'cp.yaml:7:35: sources[0].paths[0].service: {1} stands for what * matched, and "/a" has no *',
    ],
    [
      "{1:lower} without a star",
      withSource("type: zookeeper\nservers: ['z:1']\npaths: [ { path: /a, service: 'x-{1:lower}', format: host-port } ]"),
      'cp.yaml:7:35: sources[0].paths[0].service: {1:lower} stands for what * matched, and "/a" has no *',
    ],
    [
      "a bad service template",
      withSource("type: zookeeper\nservers: ['z:1']\npaths: [ { path: /*, service: 'A{1}', format: host-port } ]"),
      'cp.yaml:7:35: sources[0].paths[0].service: expected a service name, with {1} for what * matched, got "A{1}"',
    ],
    [
      "a port of what has one",
      withSource("type: zookeeper\nservers: ['z:1']\npaths: [ { path: /a, service: a, format: host-port, port: ssl } ]"),
      "cp.yaml:7:63: sources[0].paths[0].port: only members of format curator have two ports",
    ],
    [
      "an additional endpoint of what has none",
      withSource("type: zookeeper\nservers: ['z:1']\npaths: [ { path: /a, service: a, format: curator, endpoint: http } ]"),
      "cp.yaml:7:65: sources[0].paths[0].endpoint: only members of format serverset have additional endpoints",
    ],
    [
      "a scheme of what has no URIs",
      withSource("type: zookeeper\nservers: ['z:1']\npaths: [ { path: /a, service: a, format: serverset, scheme: http } ]"),
      "cp.yaml:7:65: sources[0].paths[0].scheme: only members of format d2 have URIs to choose from",
    ],
    [
      "a protocol of what has none to choose",
      withSource("type: zookeeper\nservers: ['z:1']\npaths: [ { path: /a, service: a, format: nerve, protocol: tri } ]"),
      "cp.yaml:7:63: sources[0].paths[0].protocol: only members of formats curator and dubbo have a protocol to choose",
    ],
    [
      "a port and a protocol that chooses one",
      withSource("type: zookeeper\nservers: ['z:1']\npaths: [ { path: /a, service: a, format: curator, port: ssl, protocol: tri } ]"),
      "cp.yaml:7:76: sources[0].paths[0].protocol: protocol chooses the port: leave `port` out",
    ],
    [
      "a format nobody writes",
      withSource("type: zookeeper\nservers: ['z:1']\npaths: [ { path: /a, service: a, format: kafka } ]"),
      'cp.yaml:7:46: sources[0].paths[0].format: expected one of host-port, curator, serverset, nerve, d2, dubbo, got "kafka"',
    ],
    [
      "a resolver by name",
      withSource("type: dns\nresolvers: ['ns:53']\nnames: [ { service: a, name: b., port: 1 } ]"),
      'cp.yaml:6:17: sources[0].resolvers[0]: expected a resolver such as 10.0.0.2:53, got "ns:53"',
    ],
    [
      "a bad DNS name",
      withSource("type: dns\nnames: [ { service: a, name: 'a..b', port: 1 } ]"),
      'cp.yaml:6:34: sources[0].names[0].name: expected a DNS name such as find.internal., got "a..b"',
    ],
    [
      "an address for a DNS name",
      withSource("type: dns\nnames: [ { service: a, name: 10.0.0.1, port: 1 } ]"),
      'cp.yaml:6:34: sources[0].names[0].name: expected a DNS name, got "10.0.0.1"; addresses belong in a static source',
    ],
    [
      "a port for SRV records",
      withSource("type: dns\nnames: [ { service: a, name: b., type: SRV, port: 1 } ]"),
      "cp.yaml:6:55: sources[0].names[0].port: SRV records carry the port of each endpoint; take this one out",
    ],
    [
      "addresses without a port",
      withSource("type: dns\nnames: [ { service: a, name: b. } ]"),
      "cp.yaml:6:14: sources[0].names[0]: port is missing: A records carry none",
    ],
    [
      "a preference among one family",
      withSource("type: dns\nnames: [ { service: a, name: b., port: 1, prefer: ipv6 } ]"),
      "cp.yaml:6:55: sources[0].names[0].prefer: with type A there is one family of addresses, and nothing to prefer",
    ],
    [
      "a TTL floor above its ceiling",
      withSource("type: dns\nminTtl: 5s\nmaxTtl: 4s\nnames: [ { service: a, name: b., port: 1 } ]"),
      "cp.yaml:6:13: sources[0].minTtl: minTtl is longer than maxTtl (4s)",
    ],
    [
      "one DNS name twice",
      withSource("type: dns\nnames: [ { service: a, name: b., port: 1 }, { service: a, name: B, port: 1 } ]"),
      "cp.yaml:6:49: sources[0].names[1]: the same as cp.yaml:6:14",
    ],
  ])("%s", (_, text, message) => {
    expect(messages(text)).toEqual([message]);
  });
});

describe("places", () => {
  test("of an inherited value it is said that it is inherited", () => {
    const result = read(with_("defaults: { timeout: 3s }\nservices: { shop: {} }"), [], { FAIRLEAD_DEFAULTS__SAFETY: "off" });
    if (!result.ok) throw new Error(result.error.join("\n"));
    const place = result.value.place;
    expect(place(["services", "shop", "timeout"])).toBe("cp.yaml:3:22 (defaults)");
    expect(place(["services", "shop", "safety"])).toBe("environment FAIRLEAD_DEFAULTS__SAFETY (defaults)");
    expect(place(["services", "shop", "protocol"])).toBe("default");
  });
});

test("whatever the values are, reading returns", () => {
  const key = fc.constantFrom(
    "id",
    "stateDir",
    "xds",
    "admin",
    "include",
    "sources",
    "defaults",
    "services",
    "type",
    "name",
    "paths",
    "check",
    "lb",
  );
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom("static", "dns", "http", "none", "5s", "10.0.0.1:80", "a", "*", "/a/*", 1, true, null),
      fc.array(tie("any"), { maxLength: 3 }),
      fc.dictionary(key, tie("any"), { maxKeys: 5 }),
    ),
  })).any;
  fc.assert(
    fc.property(fc.dictionary(key, value), (document) => void read(JSON.stringify(document))),
    { numRuns: 500, seed: 5 },
  );
});
