import { expect, test } from "vitest";
import { startDnsMesh } from "../harness/dns-mesh.js";
import { startDnsServer } from "../harness/dns-server.js";
import { until } from "../harness/until.js";

/** A TCP message of 65,535 bytes holds about 4,090 A records. */
const ALL = Array.from({ length: 4_500 }, (_, number) => `127.1.${number >> 8}.${number & 255}`);

test("a set that outgrows a TCP answer is added to, never taken from, and is said to exceed DNS", async () => {
  const some = ALL.slice(0, 4_000);
  const dns = await startDnsServer({ program: "bind", sets: [{ name: "find", type: "A", values: some, ttlSeconds: 0 }] });
  const mesh = await startDnsMesh({ resolvers: [dns], endpoints: some.length, check: "none" });
  expect((await mesh.contribution()).state).toBe("complete");
  await dns.setAll([{ name: "find", type: "A", values: ALL, ttlSeconds: 0 }]);
  await until("more than the first ones", () => mesh.history.now().addresses.length > some.length);
  const { state, reason } = await mesh.contribution();
  expect(state).toBe("partial");
  expect(reason).toMatch(/truncated even over TCP/);
  // BIND leaves others out each time, without a word: together the answers give all of them.
  await until("all of them", () => mesh.history.now().addresses.length === ALL.length, { timeoutMs: 40_000 });
  mesh.history.neverLost(...mesh.at(...some));
  expect(await mesh.load.stop()).toMatchObject({ failed: 0 });
});

test("a server that fails when it is too much leaves what was known", async () => {
  const some = ALL.slice(0, 100);
  const dns = await startDnsServer({ program: "knot", sets: [{ name: "find", type: "A", values: some, ttlSeconds: 0 }] });
  const mesh = await startDnsMesh({ resolvers: [dns], endpoints: some.length, check: "none" });
  await dns.setAll([{ name: "find", type: "A", values: ALL, ttlSeconds: 0 }]);
  await until("two failures", async () => (await mesh.lookups("failure")) >= 2);
  expect(await mesh.contribution()).toMatchObject({ state: "stale", endpoints: some.length });
  mesh.history.neverChanged();
  await dns.setAll([{ name: "find", type: "A", values: some.slice(1), ttlSeconds: 0 }]);
  await until("the set to be followed again", () => mesh.history.now().addresses.length === some.length - 1);
  mesh.history.neverLost(...mesh.at(...some.slice(1)));
  expect(await mesh.load.stop()).toMatchObject({ failed: 0 });
});
