import { seeded } from "@fairlead/shared";
import { expect, test } from "vitest";
import { randomSubset, withTc } from "../harness/dns-changes.js";
import { startDnsMesh } from "../harness/dns-mesh.js";
import { startDnsServer } from "../harness/dns-server.js";
import { startDnsFaultProxy } from "../harness/fault-proxy.js";
import { until } from "../harness/until.js";

/** A TCP message of 65,535 bytes holds about 4,090 A records. */
const ALL = Array.from({ length: 4_500 }, (_, number) => `127.1.${number >> 8}.${number & 255}`);
const SOME = ALL.slice(0, 100);
const records = (values: readonly string[]) => [{ name: "find", type: "A" as const, values, ttlSeconds: 0 }];

test("answers cut over TCP add what they hold and take nothing, until all are known, and the cut is said", async () => {
  const dns = await startDnsServer({ program: "bind", sets: records(SOME) });
  const proxy = await startDnsFaultProxy(dns);
  const mesh = await startDnsMesh({ resolvers: [proxy], endpoints: SOME.length, check: "none" });
  const chance = seeded(14);
  await proxy.setTcp({ kind: "dns", change: withTc(randomSubset(1_000, () => chance.next())) });
  await dns.setAll(records(ALL.slice(0, 2_000)));
  await until("more than the first ones", () => mesh.history.now().addresses.length > SOME.length);
  const { state, reason } = await mesh.contribution();
  expect(state).toBe("partial");
  expect(reason).toMatch(/truncated even over TCP/);
  await until("all of them", () => mesh.history.now().addresses.length === 2_000);
  mesh.history.neverLost(...mesh.at(...SOME));
  expect(await mesh.load.stop()).toMatchObject({ failed: 0 });
});

test.each([
  { program: "bind", how: "answers with TC and nothing else", outcome: "partial", state: "partial" },
  { program: "knot", how: "fails", outcome: "failure", state: "stale" },
] as const)("$program, which $how when it is too much, leaves what was known", async ({ program, outcome, state }) => {
  const dns = await startDnsServer({ program, sets: records(SOME) });
  const mesh = await startDnsMesh({ resolvers: [dns], endpoints: SOME.length, check: "none" });
  await dns.setAll(records(ALL));
  await until("two such answers", async () => (await mesh.lookups(outcome)) >= 2);
  await until("the source to say so", async () => (await mesh.contribution()).state === state);
  expect((await mesh.contribution()).endpoints).toBe(SOME.length);
  mesh.history.neverChanged();
  await dns.setAll(records(SOME.slice(1)));
  await until("the set to be followed again", () => mesh.history.now().addresses.length === SOME.length - 1);
  mesh.history.neverLost(...mesh.at(...SOME.slice(1)));
  expect(await mesh.load.stop()).toMatchObject({ failed: 0 });
});
