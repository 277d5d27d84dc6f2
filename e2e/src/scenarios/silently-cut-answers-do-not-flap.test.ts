import { seeded } from "@fairlead/shared";
import { expect, test } from "vitest";
import { randomSubset } from "../harness/dns-changes.js";
import { startDnsMesh } from "../harness/dns-mesh.js";
import { startDnsServer } from "../harness/dns-server.js";
import { startDnsFaultProxy } from "../harness/fault-proxy.js";
import { until, untilEqual } from "../harness/until.js";

const ALL = Array.from({ length: 100 }, (_, number) => `127.1.0.${number}`);

/** A server that puts 30 of the 100 records, chosen anew each time, into a UDP answer and does not set TC. */
async function serverThatCuts() {
  const dns = await startDnsServer({ sets: [{ name: "find", type: "A", values: ALL, ttlSeconds: 0 }] });
  const proxy = await startDnsFaultProxy(dns);
  const chance = seeded(13);
  await proxy.setUdp({ kind: "dns", change: randomSubset(30, () => chance.next()) });
  return { dns, proxy };
}

test("thirty of a hundred over UDP without TC: all hundred are published once, from TCP, and the cut is said", async () => {
  const { dns, proxy } = await serverThatCuts();
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

test("the same where TCP is closed: answers only add, until all are known, and the reading is said to be partial", async () => {
  const { proxy } = await serverThatCuts();
  await proxy.setTcp({ kind: "refuse" });
  const mesh = await startDnsMesh({ resolvers: [proxy], endpoints: ALL.length, check: "none" });
  expect(await mesh.contribution()).toMatchObject({ state: "partial" });
  const { length } = proxy.questions();
  await until("five more questions", () => proxy.questions().length >= length + 5);
  mesh.history.neverChanged();
  mesh.history.neverLost(...mesh.at(...ALL));
  expect(await mesh.load.stop()).toMatchObject({ failed: 0 });
});
