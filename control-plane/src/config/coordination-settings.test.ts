import { describe, expect, test } from "vitest";
import { diffSettings } from "./diff-settings.js";
import { printConfig } from "./print-config.js";
import { readSettings } from "./read-settings.js";

const BASE = "id: cp-1\nstateDir: /state\n";

function read(coordination: string) {
  const main = { file: "cp.yaml", text: `${BASE}${coordination}` };
  return readSettings({ main, environment: {}, included: [], resolve: (path) => path });
}

function settings(coordination: string) {
  const result = read(coordination);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

describe("coordination", () => {
  test("absent means alone", () => {
    expect(settings("").settings.coordination).toBeUndefined();
  });

  test("needs servers and a path; the rest has defaults, and is printed", () => {
    const given = settings("coordination: { servers: [zk:2181], path: /fairlead }\n");
    expect(given.settings.coordination).toEqual({
      servers: ["zk:2181"],
      path: "/fairlead",
      zone: "default",
      sessionTimeoutMs: 10_000,
      muting: true,
    });
    expect(printConfig(given)).toContain("sessionTimeout: 10s");
  });

  test.each([
    ["{ servers: [zk], path: /fairlead }", "zk"],
    ["{ servers: [], path: /fairlead }", "servers"],
    ["{ servers: [zk:2181], path: fairlead/ }", "znode path"],
    ["{ servers: [zk:2181], path: /fairlead, sessionTimeout: 1h }", "1h"],
  ])("refuses %s", (text, names) => {
    const result = read(`coordination: ${text}\n`);
    expect(result.ok).toBe(false);
    if (!result.ok) expect(JSON.stringify(result.error)).toContain(names);
  });

  test("changes on restart only", () => {
    const old = settings("coordination: { servers: [zk:2181], path: /fairlead }\n").settings;
    const change = diffSettings(old, settings("").settings);
    expect(change.settings.coordination).toBe(old.coordination);
    expect(change.restartNeeded).toEqual([expect.stringContaining("coordination: ")]);
  });
});
