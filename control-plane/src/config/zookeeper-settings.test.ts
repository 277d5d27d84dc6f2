import { expect, test } from "vitest";
import { printConfig, readSettings } from "./index.js";

const TEXT = `id: cp-1
stateDir: /s
sources:
  - name: zk
    type: zookeeper
    servers: ["10.0.0.5:2181"]
    paths:
      - { path: /members/cart, service: cart, format: host-port }
      - { path: "/services/*", service: "{1}", format: curator, port: ssl }
      - { path: /services/shop, service: shop, format: curator, protocol: tri }
      - { path: /twitter/service/team/prod/find, service: find, format: serverset, endpoint: http-admin }
      - { path: /nerve/services/pay, service: pay, format: nerve }
      - { path: /d2/uris/Members, service: members, format: d2, scheme: https }
      - { path: /dubbo/com.example.Stock/providers, service: stock, format: dubbo, protocol: dubbo }
`;

function read(text: string) {
  const result = readSettings({ main: { file: "cp.yaml", text }, included: [], environment: {}, resolve: (path) => path });
  if (!result.ok) throw new Error(result.error.join("\n"));
  return result.value;
}

test("every format is read with its options, and printed as it was written", () => {
  const first = read(TEXT);
  const [source] = first.settings.sources;
  if (source?.type !== "zookeeper") throw new Error("not a ZooKeeper source");
  expect(source.paths.map(({ path: _, service: __, ...rest }) => rest)).toEqual([
    { format: "host-port", port: "main" },
    { format: "curator", port: "ssl" },
    { format: "curator", port: "main", protocol: "tri" },
    { format: "serverset", port: "main", endpoint: "http-admin" },
    { format: "nerve", port: "main" },
    { format: "d2", port: "main", scheme: "https" },
    { format: "dubbo", port: "main", protocol: "dubbo" },
  ]);
  expect(read(printConfig(first)).settings).toEqual(first.settings);
});
