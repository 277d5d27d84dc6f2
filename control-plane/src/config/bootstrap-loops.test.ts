import { describe, expect, test } from "vitest";
import { bootstrapLoops, formatBootstrapFinding } from "./bootstrap-loops.js";
import { readSettings } from "./read-settings.js";

function found(text: string): readonly string[] {
  const input = {
    main: { file: "cp.yaml", text: `id: a\nstateDir: /s\n${text}` },
    environment: {},
    included: [],
    resolve: (path: string) => path,
  };
  const read = readSettings(input);
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  return bootstrapLoops(read.value.settings).map(
    (finding) => `${finding.kind} ${formatBootstrapFinding(finding, read.value.place(finding.path))}`,
  );
}
const zookeeper = (servers: string) =>
  `  - { name: zk, type: zookeeper, servers: ${servers}, paths: [{ path: /s, service: s, format: host-port }] }\n`;
const dns = (resolvers: string) =>
  `  - { name: dns, type: dns, resolvers: ${resolvers}, names: [{ service: zoo, name: ZK.internal., type: A, port: 2181 }] }\n`;

describe("a seed of ours is found", () => {
  test.each<[string, string, RegExp]>([
    [
      "a ZooKeeper server behind a local port",
      `sources:\n${zookeeper("[127.0.0.1:9001]")}services: { zoo: { localPort: 9001 } }`,
      /^loop cp\.yaml:4:\d+: sources\[0\]\.servers\[0\]: 127\.0\.0\.1:9001 is the local port of service zoo: /,
    ],
    [
      "the same as localhost",
      `sources:\n${zookeeper("[localhost:9001]")}services: { zoo: { localPort: 9001 } }`,
      /^loop .*localhost:9001 is the local port of service zoo/,
    ],
    [
      "a ZooKeeper server that is an endpoint of a service",
      `sources:\n${zookeeper("[10.0.0.5:2181]")}  - { name: fixed, type: static, services: { zoo: [{ address: 10.0.0.5:2181 }] } }`,
      /^loop .*10\.0\.0\.5:2181 is also an endpoint of service zoo, which is served from here/,
    ],
    [
      "a resolver behind a local port",
      `sources:\n${dns('["127.0.0.1:5300"]')}services: { resolver: { localPort: 5300 } }`,
      /^loop cp\.yaml:4:\d+: sources\[0\]\.resolvers\[0\]: 127\.0\.0\.1:5300 is the local port of service resolver/,
    ],
    [
      "a ZooKeeper server whose name is that of a service",
      `sources:\n${dns('["10.0.0.2:53"]')}${zookeeper("[zk.internal:2181, 10.0.0.5:2181]")}`,
      /^loop cp\.yaml:5:\d+: sources\[1\]\.servers\[0\]: zk\.internal is also the name whose addresses are service zoo/,
    ],
    [
      "servers that are all names",
      `sources:\n${zookeeper("[zk1:2181, zk2:2181]")}`,
      /^name cp\.yaml:4:\d+: sources\[0\]\.servers: zk1, zk2 are names: while DNS does not answer/,
    ],
    [
      "our own listener as an endpoint",
      "xds: { listen: 10.0.0.9:18000 }\nsources:\n  - { name: fixed, type: static, services: { cp: [{ address: 10.0.0.9:18000 }] } }",
      /^loop cp\.yaml:3:\d+: xds\.listen: 10\.0\.0\.9:18000 is also an endpoint of service cp/,
    ],
  ])("%s", (_, text, finding) => {
    expect(found(text)).toEqual([expect.stringMatching(finding)]);
  });
});

test.each<[string, string]>([
  ["one server with an address among names", `sources:\n${zookeeper("[zk1:2181, 10.0.0.5:2181]")}`],
  ["another port of this machine", `sources:\n${zookeeper("[127.0.0.1:2181]")}services: { zoo: { localPort: 9001 } }`],
  ["a local port of the same number elsewhere", `sources:\n${zookeeper("[10.0.0.5:9001]")}services: { zoo: { localPort: 9001 } }`],
  ["nothing", ""],
])("%s is no finding", (_, text) => {
  expect(found(text)).toEqual([]);
});
