import { formatProblem } from "@fairlead/shared";
import { expect, test } from "vitest";
import { diffSettings, printConfig, readSettings } from "./index.js";

function read(rest: string) {
  const text = `id: cp-1\nstateDir: /state\n${rest}`;
  return readSettings({ main: { file: "cp.yaml", text }, environment: {}, included: [], resolve: (path) => `/etc/${path}` });
}

function settingsOf(rest: string) {
  const result = read(rest);
  if (!result.ok) throw new Error(result.error.map(formatProblem).join("\n"));
  return result.value.settings;
}

test("what is observed is a control plane's address or a file, relative to this one", () => {
  expect(settingsOf("").observe).toBeUndefined();
  expect(settingsOf("observe: { against: 'http://127.0.0.1:18001' }").observe).toBe("http://127.0.0.1:18001");
  expect(settingsOf("observe: { against: served.yaml }").observe).toBe("/etc/served.yaml");
  const result = read("observe: { against: served.yaml }");
  expect(result.ok && printConfig(result.value)).toContain("against: /etc/served.yaml");
});

test("another scheme is refused at its place", () => {
  const result = read("observe: { against: 'https://cp' }");
  expect(result.ok ? [] : result.error.map(formatProblem)).toEqual([
    'cp.yaml:3:21: observe.against: expected http://ip:port or a path, got "https://cp"',
  ]);
});

test("a plane that publishes does not stop by a reload, nor does one that observes begin to", () => {
  const publishing = settingsOf("");
  const observing = settingsOf("observe: { against: served.yaml }");
  const stops = diffSettings(publishing, observing);
  expect(stops.settings.observe).toBeUndefined();
  expect(stops.restartNeeded).toEqual(["observe.against: /etc/served.yaml takes effect on restart; none until then"]);
  expect(diffSettings(observing, publishing).settings.observe).toBe("/etc/served.yaml");
});
