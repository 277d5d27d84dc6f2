import { expect, test } from "vitest";
import { startDnsMesh } from "../harness/dns-mesh.js";
import { startDnsServer } from "../harness/dns-server.js";
import { startDnsFaultProxy } from "../harness/fault-proxy.js";
import { until, untilEqual } from "../harness/until.js";

const TWO = ["127.0.0.1", "127.0.0.2"];

test("a TTL of 0 is no hot loop: a name is asked once per floor", async () => {
  const dns = await startDnsServer({ sets: [{ name: "find", type: "A", values: TWO, ttlSeconds: 0 }] });
  const proxy = await startDnsFaultProxy(dns);
  const mesh = await startDnsMesh({ resolvers: [proxy], endpoints: 2, source: { minTtl: "500ms" } });
  const { length } = proxy.questions();
  await until("eight more questions", () => proxy.questions().length >= length + 8);
  const asked = proxy.questions().slice(length, length + 8);
  const tookMs = (asked.at(-1)?.atMs ?? 0) - (asked[0]?.atMs ?? 0);
  // Seven intervals of the floor, less what a refresh may come early and what a busy machine notes late; a hot loop takes none.
  expect(tookMs).toBeGreaterThan(7 * 500 * 0.5);
  mesh.history.neverChanged();
  expect(await mesh.load.stop()).toMatchObject({ failed: 0 });
});

test("a TTL of a week does not hide a change for longer than the ceiling", async () => {
  const dns = await startDnsServer({ sets: [{ name: "find", type: "A", values: TWO, ttlSeconds: 604_800 }] });
  const mesh = await startDnsMesh({ resolvers: [dns], endpoints: 2, source: { maxTtl: "2s" } });
  await dns.set("find", "A", [...TWO, "127.0.0.3"], 604_800);
  await untilEqual("the change", () => mesh.history.now().usable, mesh.at(...TWO, "127.0.0.3"));
  mesh.history.neverLost(...mesh.at(...TWO));
  expect(await mesh.load.stop()).toMatchObject({ failed: 0 });
});
