import { expect, test } from "vitest";
import { envoyBootstrap, haproxyConfig, nginxConfig } from "./configs.js";
import type { Lane } from "./lane.js";

const LANES: readonly Lane[] = [
  { name: "replies", port: 1_001, origins: [2_001, 2_002] },
  { name: "echo", port: 1_002, origins: [2_003, 2_004] },
];

test("HAProxy relays a TCP lane as TCP and no other", () => {
  const sections = haproxyConfig(LANES).split(/^(?=\w)/m);
  const isTcp = (name: string) => sections.find((section) => section.startsWith(name))?.includes("mode tcp");
  expect(["frontend echo", "backend echo-endpoints"].map(isTcp)).toEqual([true, true]);
  expect(["frontend replies", "backend replies-endpoints"].map(isTcp)).toEqual([false, false]);
  const echo = sections.find((section) => section.startsWith("backend echo-endpoints"));
  expect(echo?.match(/127\.0\.0\.1:\d+/g)).toEqual(["127.0.0.1:2003", "127.0.0.1:2004"]);
  expect(echo).not.toContain("http");
});

test("nginx has TCP lanes under stream and the others under http", () => {
  const [http = "", stream = ""] = nginxConfig(LANES).split(/^stream \{$/m);
  expect([http.includes("127.0.0.1:1001"), http.includes("127.0.0.1:1002")]).toEqual([true, false]);
  expect([stream.includes("127.0.0.1:1001"), stream.includes("127.0.0.1:1002")]).toEqual([false, true]);
  expect(stream).toContain("proxy_pass echo;");
});

test("Envoy has the TCP proxy before TCP lanes and HTTP before the others, each with its cluster", () => {
  const { listeners, clusters } = envoyBootstrap(LANES)["static_resources"] as { listeners: unknown[]; clusters: unknown[] };
  expect(listeners.map((listener) => /TcpProxy|HttpConnectionManager/.exec(JSON.stringify(listener))?.[0])).toEqual([
    "HttpConnectionManager",
    "TcpProxy",
  ]);
  expect(listeners[1]).toHaveProperty("filter_chains.0.filters.0.typed_config.cluster", "echo");
  expect(clusters).toHaveLength(2);
});
