import { expect, test } from "vitest";
import { startDnsMesh } from "../harness/dns-mesh.js";
import { startDnsServer } from "../harness/dns-server.js";
import { startDnsFaultProxy } from "../harness/fault-proxy.js";
import { until, untilEqual } from "../harness/until.js";

/** Addresses of the loopback network: one backend answers on all of them. */
function addresses(count: number): string[] {
  return Array.from({ length: count }, (_, number) => `127.1.${number >> 8}.${number & 255}`);
}

/** How many answers in another order must change nothing. */
const refreshes = 6;

test.each([
  { count: 300, udpBytes: 512 },
  { count: 300, udpBytes: 1_232 },
  { count: 300, udpBytes: 4_096 },
  { count: 60, udpBytes: 1_232 },
])("$count addresses in another order each time, at most $udpBytes bytes over UDP", async ({ count, udpBytes }) => {
  const all = addresses(count);
  const dns = await startDnsServer({ program: "bind", udpBytes, sets: [{ name: "find", type: "A", values: all, ttlSeconds: 0 }] });
  const proxy = await startDnsFaultProxy(dns);
  const mesh = await startDnsMesh({ resolvers: [proxy], endpoints: count, check: "none" });
  const before = await mesh.lookups("records");
  await until(`${refreshes} more answers`, async () => (await mesh.lookups("records")) >= before + refreshes);
  mesh.history.neverChanged();
  expect((await mesh.contribution()).state).toBe("complete");
  expect(proxy.questions().some(({ transport }) => transport === "tcp")).toBe(true);
  // The same answers with one less and one more are an event, and exactly that.
  const [first = "", ...rest] = all;
  await dns.set("find", "A", [...rest, "127.2.0.1"]);
  await untilEqual("the change", () => mesh.history.now().addresses, mesh.at(...rest, "127.2.0.1"));
  mesh.history.neverLost(...mesh.at(...rest));
  expect(mesh.history.changes().length).toBeLessThanOrEqual(2);
  expect(mesh.history.now().addresses).not.toContain(mesh.at(first)[0]);
  expect(await mesh.load.stop()).toMatchObject({ failed: 0 });
});
