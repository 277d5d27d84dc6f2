import { expect, test } from "vitest";
import { startDnsServer } from "../harness/dns-server.js";
import { type AskedQuestion, startDnsFaultProxy } from "../harness/fault-proxy.js";
import { startControlPlane } from "../harness/planes.js";
import { until } from "../harness/until.js";

const nameCount = 300;
const queriesPerSecond = 100;

/** The most questions that arrived within any second. */
function busiestSecond(questions: readonly AskedQuestion[]): number {
  let most = 0;
  let from = 0;
  for (const [to, { atMs }] of questions.entries()) {
    while ((questions[from]?.atMs ?? atMs) <= atMs - 1_000) from++;
    most = Math.max(most, to - from + 1);
  }
  return most;
}

test("300 names that all expired while both resolvers were away are asked at the budget's rate, and every one is current again", async () => {
  const names = Array.from({ length: nameCount }, (_, number) => `name-${number}`);
  const dns = await startDnsServer({
    sets: names.map((name, number) => ({ name, type: "A", values: [`127.1.${number >> 8}.${number & 255}`], ttlSeconds: 30 })),
  });
  const proxies = await Promise.all([startDnsFaultProxy(dns), startDnsFaultProxy(dns)]);
  const controlPlane = await startControlPlane({
    sources: [
      {
        name: "dns",
        type: "dns",
        resolvers: proxies.map(({ address }) => address),
        queriesPerSecond,
        minTtl: "1s",
        maxTtl: "5s",
        names: names.map((name) => ({ service: name, name: `${name}.test.`, type: "A", port: 8_080 })),
      },
    ],
    defaults: { check: "none" },
  });
  const stale = async () => {
    const { services } = await controlPlane.api<{ services: { stale: boolean }[] }>("/v1/services");
    return services.filter((service) => service.stale).length;
  };
  const answered = async () => (await controlPlane.metric('fairlead_dns_lookups_total{source="dns",outcome="records"}')) ?? 0;
  await until("every name to be answered once", async () => (await answered()) >= nameCount);
  for (const proxy of proxies) await proxy.set({ kind: "refuse" });
  await until("every name to be stale", async () => (await stale()) === nameCount, { timeoutMs: 40_000 });
  for (const proxy of proxies) await proxy.set({ kind: "pass" });
  const asked = proxies.map((proxy) => proxy.questions().length);
  await until("no name to be stale", async () => (await stale()) === 0, { timeoutMs: 40_000 });
  for (const [at, proxy] of proxies.entries()) {
    // What arrives while a busy machine keeps the recorder waiting is noted as one moment. Without a budget it would be all 300.
    expect(busiestSecond(proxy.questions().slice(asked[at]))).toBeLessThanOrEqual(queriesPerSecond * 2);
  }
});
