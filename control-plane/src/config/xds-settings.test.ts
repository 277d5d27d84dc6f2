import { expect, test } from "vitest";
import { printConfig, readSettings } from "./index.js";

const read = (text: string) =>
  readSettings({
    main: { file: "cp.yaml", text },
    included: [],
    environment: {},
    resolve: (path) => (path.startsWith("/") ? path : `/etc/${path}`),
  });

test("files of TLS start at the configuration's directory, and what is printed is read as the same", () => {
  const clients = "clients: [ { identity: 'spiffe://mesh/ns/web/*', nodes: ['web-*', edge] } ]";
  const first = read(
    `id: cp\nstateDir: /state\nxds: { listen: 127.0.0.1:1, tls: { cert: c.pem, key: /k.pem, clientCa: ca.pem, ${clients} } }\n`,
  );
  if (!first.ok) throw new Error(JSON.stringify(first.error));
  expect(first.value.settings.xds).toEqual({
    listen: { host: "127.0.0.1", port: 1 },
    tls: {
      cert: "/etc/c.pem",
      key: "/k.pem",
      clientCa: "/etc/ca.pem",
      clients: [{ identity: "spiffe://mesh/ns/web/*", nodes: ["web-*", "edge"] }],
    },
  });
  const again = read(printConfig(first.value));
  expect(again.ok && again.value.settings.xds).toEqual(first.value.settings.xds);
});

test("TLS may stand without an address, which has its default", () => {
  const result = read("id: cp\nstateDir: /state\nxds: { tls: { cert: c.pem, key: k.pem } }\n");
  expect(result.ok && result.value.settings.xds.listen).toEqual({ host: "127.0.0.1", port: 18_000 });
});
