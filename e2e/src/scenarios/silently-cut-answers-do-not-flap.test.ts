import { seeded } from "@fairlead/shared";
import { expect, test } from "vitest";
import { randomSubset } from "../harness/dns-changes.js";
import { startDnsMesh } from "../harness/dns-mesh.js";
import { startDnsServer } from "../harness/dns-server.js";
import { startDnsFaultProxy } from "../harness/fault-proxy.js";
import { until, untilEqual } from "../harness/until.js";

/** As many as one datagram of 1,232 bytes holds: more, and the server would set TC. */
const ALL = Array.from({ length: 70 }, (_, number) => `127.1.0.${number}`);

/** A server that puts 30 of its records, chosen anew each time, into a UDP answer and does not set TC. */
async function serverThatCuts(values: readonly string[]) {
  const dns = await startDnsServer({ sets: [{ name: "find", type: "A", values, ttlSeconds: 0 }] });
  const proxy = await startDnsFaultProxy(dns);
  const chance = seeded(13);
  await proxy.setUdp({ kind: "dns", change: randomSubset(30, () => chance.next()) });
  return { dns, proxy };
}

test("thirty of seventy over UDP without TC: all seventy are published once, from TCP, and the cut is said", async () => {
  const { dns, proxy } = await serverThatCuts(ALL);
  const mesh = await startDnsMesh({ resolvers: [proxy], endpoints: ALL.length, check: "none" });
  const tcp = () => proxy.questions().filter(({ transport }) => transport === "tcp").length;
  const before = tcp();
  await until("five more refreshes over TCP", () => tcp() >= before + 5);
  mesh.history.neverChanged();
  expect((await mesh.contribution()).quarantined.map(({ reason }) => reason).join("\n")).toMatch(/UDP/);
  // It is still the zone that decides.
  await dns.set("find", "A", ALL.slice(1), 0);
  await untilEqual("the removal", () => mesh.history.now().addresses, mesh.at(...ALL.slice(1)));
  mesh.history.neverLost(...mesh.at(...ALL.slice(1)));
  expect(await mesh.load.stop()).toMatchObject({ failed: 0 });
});

test("the same once TCP is closed: answers only add, and the reading is said to be partial", async () => {
  const known = ALL.slice(0, 50);
  const { dns, proxy } = await serverThatCuts(known);
  const mesh = await startDnsMesh({ resolvers: [proxy], endpoints: known.length, check: "none" });
  await proxy.setTcp({ kind: "refuse" });
  await until("the reading to be partial", async () => (await mesh.contribution()).state === "partial");
  await dns.set("find", "A", ALL, 0);
  await untilEqual("those that are new", () => mesh.history.now().addresses.length, ALL.length);
  mesh.history.neverLost(...mesh.at(...known));
  expect(await mesh.load.stop()).toMatchObject({ failed: 0 });
});
