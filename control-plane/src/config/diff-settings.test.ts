import { expect, test } from "vitest";
import { diffSettings, printConfig, readSettings } from "./index.js";

const BEFORE = `id: cp-1
stateDir: /state
sources:
  - { name: one, type: file, path: /one }
  - { name: two, type: file, path: /two }
services:
  shop: { timeout: 1s }
  cart: {}
`;

function read(text: string) {
  const result = readSettings({ main: { file: "cp.yaml", text }, included: [], environment: {}, resolve: (path) => path });
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

function change(edit: (text: string) => string) {
  const old = read(BEFORE).settings;
  return { old, ...diffSettings(old, read(edit(BEFORE)).settings) };
}

test("settings that say the same change nothing and keep their references", () => {
  const { old, settings, changed, restartNeeded } = change((text) => `# a comment\n${text}`);
  expect({ changed, restartNeeded }).toEqual({ changed: [], restartNeeded: [] });
  expect(settings.sources).toBe(old.sources);
  expect(settings.services).toBe(old.services);
  expect(settings.defaults).toBe(old.defaults);
});

test("what changed is named, and what did not keeps its reference", () => {
  const { old, settings, changed } = change((text) => text.replace("1s", "2s").replace("cart", "find").replace("/two", "/2"));
  expect(changed).toEqual(["source two changed", "service cart removed", "service shop changed", "service find added"]);
  expect(settings.sources[0]).toBe(old.sources[0]);
});

test("an order that changed is a change, for order is priority", () => {
  expect(change((text) => text.replace("one,", "x,").replace("two,", "one,").replace("x,", "two,")).changed).toContain(
    "the order of sources changed",
  );
});

test("defaults reach every service that does not say otherwise", () => {
  const { changed } = change((text) => `${text}defaults: { timeout: 3s }\nbootWait: 1s\n`);
  expect(changed).toEqual(["service cart changed", "defaults changed", "bootWait is 1s, was 30s"]);
});

test("TLS waits for a restart too", () => {
  const { settings, restartNeeded } = change((text) => `${text}xds: { tls: { cert: /c, key: /k } }\n`);
  expect(restartNeeded).toEqual(["xds.tls: what it says now takes effect on restart; what it said before until then"]);
  expect(settings.xds.tls).toBeUndefined();
});

test("ids, listeners and the state directory wait for a restart, and stay in force until then", () => {
  const { old, settings, restartNeeded } = change((text) =>
    text.replace("cp-1", "cp-2").replace("/state", "/other").concat("xds: { listen: '127.0.0.1:1' }\n"),
  );
  expect(restartNeeded).toEqual([
    "id: cp-2 takes effect on restart; cp-1 until then",
    "stateDir: /other takes effect on restart; /state until then",
    "xds.listen: 127.0.0.1:1 takes effect on restart; 127.0.0.1:18000 until then",
  ]);
  expect(settings).toEqual(old);
});

test("what is printed is read as the same settings", () => {
  const text = `${BEFORE}defaults: { check: none }\n`.replace(
    "cart: {}",
    'cart: { localPort: 9, retries: { perTryTimeout: 2s }, check: { type: http, path: /, status: "200-299" } }',
  );
  const first = read(text);
  expect(read(printConfig(first)).settings).toEqual(first.settings);
  expect(printConfig(first)).toContain("    timeout: 1s # cp.yaml:7:20\n");
  expect(printConfig(first)).toContain("    check: none # cp.yaml:9:20 (defaults)\n");
});

test("metadata and a list of includes are printed as they are written", () => {
  const endpoint = '{ address: "10.0.0.1:80", metadata: { rack: r7 } }';
  const text = `id: a\nstateDir: /s\ninclude: [a/*.yaml, b.yaml]\nsources: [{ name: s, type: static, services: { shop: [${endpoint}] } }]\n`;
  const printed = printConfig(read(text));
  expect(printed).toMatch(/include:\n {2}- a\/\*\.yaml # cp\.yaml:3:\d+\n {2}- b\.yaml # cp\.yaml:3:\d+\n/);
  expect(printed).toMatch(/metadata:\n +rack: r7 # cp\.yaml:4:\d+\n/);
});
