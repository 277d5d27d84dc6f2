import { formatProblems } from "@fairlead/shared";
import { expect, test } from "vitest";
import { printSettings, readSettings } from "./read-settings.js";

const SMALL = `tls: { cert: tls.crt, key: /keys/tls.key }
sidecar: { image: "fairlead-sidecar:0.1.0" }
controlPlane: { addresses: ["10.96.0.118:18000"] }
`;

function read(text: string, environment: Record<string, string> = {}) {
  return readSettings({
    file: "injector.yaml",
    text,
    environment,
    resolve: (path) => (path.startsWith("/") ? path : `/etc/fairlead/${path}`),
  });
}

test("three keys are enough, and paths start at the file's directory", () => {
  expect(read(SMALL)).toMatchObject({
    ok: true,
    value: {
      settings: {
        listen: { host: "0.0.0.0", port: 8_443 },
        tls: { cert: "/etc/fairlead/tls.crt", key: "/keys/tls.key" },
        options: {
          image: "fairlead-sidecar:0.1.0",
          upstreams: [],
          httpPort: 9_000,
          adminPort: 15_000,
          controlPlaneAddresses: ["10.96.0.118:18000"],
        },
      },
    },
  });
});

test.each<[string, string, string]>([
  ["a control plane by name", SMALL.replace("10.96.0.118", "cp.fairlead.svc"), "injector.yaml:3:29: controlPlane.addresses[0]: "],
  ["a control plane twice", SMALL.replace("]", ', "10.96.0.118:18000"]'), "10.96.0.118:18000 is already listed"],
  ["a wrong listen address", `${SMALL}listen: injector:8443\n`, "injector.yaml:4:9: listen: "],
  ["an unknown key", `${SMALL}zonne: a\n`, 'injector.yaml:4:1: zonne: unknown key; did you mean "zone"?'],
  ["an upstream that is no service name", `${SMALL}upstreams: [Shop]\n`, "expected a service name"],
  [
    "an amount that is none",
    SMALL.replace('0.1.0" }', '0.1.0", resources: { limits: { memory: lots } } }'),
    "expected an amount such as 64Mi",
  ],
  ["one port for two listeners", SMALL.replace('0.1.0" }', '0.1.0", httpPort: 15000 }'), "15000 is already the httpPort"],
  ["a label that could not stand in a field path", `${SMALL}zoneLabel: "a'b"\n`, "expected a label's name"],
])("refused with its place: %s", (_, text, message) => {
  const settings = read(text);
  expect(settings.ok ? "accepted" : formatProblems(settings.error)).toContain(message);
});

test("the environment sets single values, and what is printed says so and reads back the same", () => {
  const settings = read(SMALL, { FAIRLEAD_ZONE: "b", FAIRLEAD_INJECTOR_SERVICE_HOST: "10.96.0.5" });
  if (!settings.ok) throw new Error(formatProblems(settings.error));
  const printed = printSettings(settings.value);
  expect(printed).toContain("zone: b # environment FAIRLEAD_ZONE");
  expect(read(printed)).toMatchObject({ ok: true, value: { settings: settings.value.settings } });
});
