import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { importConfig } from "./import-config.js";
import { formatFinding, type Imported } from "./imported.js";
import { readImported } from "./testing/read-imported.js";

const SAMPLE = readFileSync(new URL("fixtures/synapse.json", import.meta.url), "utf8");

function imported(text: string): Imported {
  const result = importConfig("synapse.json", text);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}
const one = (service: unknown) => imported(JSON.stringify({ services: { s: service } }));
const said = (service: unknown) => one(service).findings.map(formatFinding).join("\n");

describe("the sample", () => {
  const { text, findings } = imported(SAMPLE);
  const { settings } = readImported(text);
  const services = settings.services as ReadonlyMap<string, unknown>;

  test("gives every service, with its port and what its HAProxy lines say", () => {
    expect([...services.keys()]).toEqual(["cart", "pay_roll", "search", "legacy", "boxes"]);
    expect(services.get("cart")).toMatchObject({
      localPort: 3_213,
      protocol: "http1",
      timeoutMs: 30_000,
      check: { type: "http", path: "/ping", intervalMs: 2_000, rise: 3, fall: 2 },
      retries: { attempts: 3 },
    });
    expect(services.get("pay_roll")).toMatchObject({ localPort: 3_214, protocol: "tcp", safety: "off" });
    expect(services.get("search")).not.toHaveProperty("localPort");
  });

  test("writes Nerve's format, the chroot into the path, and DNS names with their resolver", () => {
    expect(text).toContain('{ path: "/chroot/serversets/payroll", service: pay_roll, format: serverset, endpoint: http }');
    expect(text).toContain('resolvers: ["10.0.0.2:53"]');
    expect(text).toContain("{ service: search, name: search.internal, type: A, port: 7000 }");
  });

  test("a path whose members are filtered stays out: what was kept out must not come in", () => {
    expect(text).not.toContain('path: "/nerve/region:eu/cart"');
    expect(findings.map(formatFinding).join("\n")).toMatch(
      /synapse\.json:10:\d+: services\.cart\.discovery\.label_filters: left out: path \/nerve\/region:eu\/cart with label_filters/,
    );
  });

  test("default servers are carried where they are always there, and left out where they stand in for nothing found", () => {
    expect(settings.sources.at(-1)).toMatchObject({ type: "static", name: "static" });
    const fixed = settings.sources.at(-1);
    expect(fixed?.type === "static" ? [...fixed.services.keys()] : []).toEqual(["cart", "search", "legacy"]);
    expect(findings.map(formatFinding).join("\n")).toMatch(/services\.search\.default_servers: left out/);
  });
});

describe("one service", () => {
  const zookeeper = { method: "zookeeper", hosts: ["zk1:2181"], path: "/s" };
  test.each<[object, string]>([
    [{ discovery: { ...zookeeper } }, 'paths:\n      - { path: "/s", service: s, format: nerve }'],
    [{ discovery: { ...zookeeper, decode: { method: "serverset" } } }, "format: serverset"],
    [{ discovery: { ...zookeeper, hosts: ["zk1"] } }, '"zk1:2181"'],
    [{ default_servers: [{ host: "10.0.0.1", port: 80 }] }, '{ address: "10.0.0.1:80" }'],
    [{ default_servers: [{ host: "a.example", port: "80" }] }, "{ service: s, name: a.example, type: A, port: 80 }"],
  ])("%j is carried", (service, part) => {
    const { text } = one(service);
    expect(text).toContain(part);
    readImported(text);
  });

  test.each<[unknown, RegExp]>([
    ["text", /services\.s: left out: service s: it is no map/],
    [{ discovery: { method: "ec2tag" } }, /left out: discovery method ec2tag/],
    [{ discovery: { ...zookeeper, hosts: [] } }, /no server of its ensemble/],
    [{ discovery: { ...zookeeper, decode: { endpoint_name: "http" } } }, /left out: path \/s with endpoint_name http: no member has it/],
    [{ discovery: { ...zookeeper, path: "services" } }, /this is no znode path/],
    [{ discovery: { ...zookeeper, hosts: ["[::1]:2181"] } }, /a server is name:port or ip:port with an IPv4 address/],
    [{ discovery: { ...zookeeper, generator_config_path: "/s" } }, /generator_config_path: settings are in this file/],
    [{ discovery: { method: "dns", nameserver: "ns.example", servers: [] } }, /resolver ns\.example: a resolver is ip:port/],
    [{ haproxy: { port: 70_000 } }, /port 70000: a local port is 1 to 65535/],
    [{ haproxy: { listen: ["option 'open"] } }, /services\.s\.haproxy\.listen\[0\]: left out: a haproxy line: a quote/],
    [{ haproxy: { server_options: "check cookie x" } }, /cookie x: there is no session affinity/],
    [{ use_previous_backends: false }, /differs: use_previous_backends: false/],
    [{ leader_election: true }, /there is no leader/],
  ])("%j is said", (service, message) => {
    expect(said(service)).toMatch(message);
    readImported(one(service).text);
  });
});

test("JSON may be indented with tabs, and columns count them", () => {
  expect(imported('{\n\t"services": {\n\t\t"s": 1\n\t}\n}').findings[0]?.place).toBe("synapse.json:3:3: services.s");
});

test.each([
  ['{ "services": [] }', "synapse.json:1:1", /no `services` map/],
  ['{ "services": { "a": {} ', "synapse.json:1:25", /not YAML/],
  ['{ "services": { "a": {}, "a": {} } }', "synapse.json:1:26", /defined twice; first at synapse\.json:1:17/],
])("%s cannot be read, and the place is said", (text, place, message) => {
  const result = importConfig("synapse.json", text);
  expect(result.ok ? [] : result.error).toContainEqual({ place, message: expect.stringMatching(message) });
});

test("whatever the document is: a configuration that passes the check, or problems with a place", () => {
  const keys = [
    "services",
    "haproxy",
    "discovery",
    "method",
    "hosts",
    "path",
    "servers",
    "host",
    "port",
    "default_servers",
    "listen",
    "server_options",
    "decode",
  ];
  const leaf = fc.oneof(
    fc.constantFrom(
      "zookeeper",
      "dns",
      "serverset",
      "10.0.0.1",
      "zk:1",
      "/a/*",
      "check inter 0 weight 3",
      "mode http",
      80,
      -1,
      1e99,
      null,
      true,
    ),
    fc.string(),
  );
  const key = fc.oneof(fc.constantFrom(...keys), fc.string());
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { depthSize: "small", maxDepth: 2 },
      leaf,
      fc.array(tie("tree"), { maxLength: 3 }),
      fc.dictionary(key, tie("tree"), { maxKeys: 5 }),
    ),
  }));
  const document = fc.record({
    services: fc.dictionary(
      fc.string(),
      fc.oneof(tree, fc.record({ discovery: tree, haproxy: tree, default_servers: fc.array(tree, { maxLength: 2 }) })),
    ),
    haproxy: tree,
  });
  fc.assert(
    fc.property(document, (value) => {
      const result = importConfig("s.json", JSON.stringify(value));
      if (result.ok) readImported(result.value.text);
      else for (const { place } of result.error) expect(place).toMatch(/:\d+:\d+/);
      if (result.ok) for (const { place } of result.value.findings) expect(place).toMatch(/:\d+:\d+: /);
    }),
    { numRuns: 60 },
  );
});
