import { expect, test } from "vitest";
import { type DnsMesh, FIND, startDnsMesh } from "../harness/dns-mesh.js";
import { startDnsServer } from "../harness/dns-server.js";
import { startDnsFaultProxy } from "../harness/fault-proxy.js";
import { serviceBody } from "../harness/mesh.js";
import { until } from "../harness/until.js";

/** Nobody is there (RFC 5737): no check ever passes. */
const LIE = "192.0.2.9";

/** Two resolvers with a server of their own each. */
async function twoResolvers(...sets: readonly (readonly string[])[]) {
  return Promise.all(
    sets.map(async (values) => {
      const dns = await startDnsServer({ sets: [{ name: "find", type: "A", values, ttlSeconds: 0 }] });
      return { dns, proxy: await startDnsFaultProxy(dns) };
    }),
  );
}

/** What was listed, then not, then again. */
function cameBack(steps: readonly (readonly string[])[]): string[] {
  const gone = new Set<string>();
  const back = new Set<string>();
  for (const [at, listed] of steps.entries()) {
    for (const address of steps[at - 1] ?? []) if (!listed.includes(address)) gone.add(address);
    for (const address of listed) if (gone.has(address)) back.add(address);
  }
  return [...back];
}

const quarantine = async (mesh: DnsMesh) => (await mesh.contribution()).quarantined.map(({ reason }) => reason).join("\n");

test("one with the old set and one with the new, each the faster in turn: additions come once, nothing goes to and fro", async () => {
  const [older, newer] = await twoResolvers(["127.0.0.1", "127.0.0.2"], ["127.0.0.1", "127.0.0.3"]);
  if (older === undefined || newer === undefined) throw new Error("two resolvers");
  // Whoever answers first is believed first: on a busy machine that is not always the faster one.
  await newer.proxy.set({ kind: "refuse" });
  const mesh = await startDnsMesh({ resolvers: [older.proxy, newer.proxy], endpoints: 2 });
  await newer.proxy.set({ kind: "delay", ms: 40 });
  await until("the disagreement to be shown", async () => /disagree|another resolver|differ/i.test(await quarantine(mesh)));
  for (const [slow, fast] of [
    [older, newer],
    [newer, older],
    [older, newer],
  ] as const) {
    await fast.proxy.set({ kind: "pass" });
    await slow.proxy.set({ kind: "delay", ms: 40 });
    const asked = fast.proxy.questions().length;
    await until("a few refreshes", () => fast.proxy.questions().length + slow.proxy.questions().length >= asked + 4);
  }
  mesh.history.neverLost(...mesh.at("127.0.0.1"));
  mesh.history.neverBelow(1);
  // 3 may come and 2 may go when the preference moves, once: nothing comes back that went.
  expect(cameBack(mesh.history.steps().map(({ addresses }) => addresses))).toEqual([]);
  expect(await mesh.load.stop()).toMatchObject({ failed: 0 });
});

test("the first resolver dies and the other one lacks an address and adds a wrong one: the wrong one gets no request", async () => {
  const [good, liar] = await twoResolvers(["127.0.0.1", "127.0.0.2"], ["127.0.0.1", LIE]);
  if (good === undefined || liar === undefined) throw new Error("two resolvers");
  await liar.proxy.set({ kind: "refuse" });
  const mesh = await startDnsMesh({ resolvers: [good.proxy, liar.proxy], endpoints: 2 });
  await liar.proxy.set({ kind: "delay", ms: 40 });
  await good.proxy.set({ kind: "refuse" });
  const asked = liar.proxy.questions().length;
  await until("the liar to be asked", () => liar.proxy.questions().length >= asked + 2);
  // Listed at once, like every addition, and found dead by its first check. Who is lacking stays until that was said three times.
  await until("its addition to be found dead", async () => {
    const { members } = await serviceBody(mesh.controlPlane, FIND);
    return members.find(({ id }) => id === mesh.at(LIE)[0])?.outcome === "out";
  });
  const askedAgain = good.proxy.questions().length;
  await good.proxy.set({ kind: "pass" });
  await until("the first one to be asked again", () => good.proxy.questions().length > askedAgain);
  mesh.history.neverLost(...mesh.at("127.0.0.1"));
  expect(mesh.history.steps().filter(({ usable }) => usable.includes(mesh.at(LIE)[0] ?? ""))).toEqual([]);
  mesh.history.neverBelow(1);
  expect(await mesh.load.stop()).toMatchObject({ failed: 0 });
});
