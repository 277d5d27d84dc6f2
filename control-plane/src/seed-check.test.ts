import { newMetrics } from "@fairlead/shared";
import { FakeClock, RecordedLog } from "@fairlead/shared/testing";
import { expect, test } from "vitest";
import { readSettings } from "./config/index.js";
import { SeedCheck } from "./seed-check.js";

function settingsWith(servers: string) {
  const text = `id: a\nstateDir: /s\nsources:\n  - { name: zk, type: zookeeper, servers: ${servers}, paths: [{ path: /s, service: s, format: host-port }] }`;
  const read = readSettings({ main: { file: "cp.yaml", text }, environment: {}, included: [], resolve: (path) => path });
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  return read.value.settings;
}

test("a finding is said once, keeps its age through a reload, and goes with its cause", async () => {
  const clock = new FakeClock();
  const log = new RecordedLog();
  const metrics = newMetrics();
  const check = new SeedCheck({ clock, log, metrics });
  check.configure(settingsWith("[zk1:2181]"));
  const sinceMs = clock.wallMs();
  clock.advance(1_000);
  check.configure(settingsWith("[zk1:2181]"));
  expect(check.doubts.value).toMatchObject([{ kind: "name", sinceMs }]);
  expect(log.count("bootstrap-doubtful")).toBe(1);
  expect(await metrics.expose()).toContain('fairlead_bootstrap_findings{kind="name"} 1');
  check.configure(settingsWith("[10.0.0.5:2181]"));
  expect(check.doubts.value).toEqual([]);
  expect(await metrics.expose()).toContain('fairlead_bootstrap_findings{kind="name"} 0');
});
