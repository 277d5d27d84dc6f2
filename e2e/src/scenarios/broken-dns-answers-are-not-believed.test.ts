import { expect, test } from "vitest";
import { answersBecome, cutTo, truncatedTo, wrongId, wrongQuestion } from "../harness/dns-changes.js";
import { startDnsMesh } from "../harness/dns-mesh.js";
import { startDnsServer } from "../harness/dns-server.js";
import type { Fault } from "../harness/fault.js";
import { type DnsFaultProxy, startDnsFaultProxy } from "../harness/fault-proxy.js";
import { until, untilEqual } from "../harness/until.js";

const VALUES = ["127.0.0.1", "127.0.0.2"];
/** Would be the whole set, if somebody believed it. */
const forged = answersBecome((answers) => answers.slice(0, 1).map((answer) => ({ ...answer, data: "127.6.6.6" }) as typeof answer));

type Breaking = { readonly what: string; begin(proxy: DnsFaultProxy): Promise<void> };

const everywhere = (what: string, fault: Fault): Breaking => ({ what, begin: (proxy) => proxy.set(fault) });

/** UDP answers say that TCP has to be asked. */
const overTcp = (what: string, fault: Fault): Breaking => ({
  what,
  begin: async (proxy) => {
    await proxy.setTcp(fault);
    await proxy.setUdp({ kind: "dns", change: truncatedTo(1) });
  },
});

const BREAKINGS: readonly Breaking[] = [
  everywhere("answers with another id and another address", {
    kind: "dns",
    change: (message, transport) => {
      const changed = forged(message, transport);
      return changed === undefined ? undefined : wrongId(changed, transport);
    },
  }),
  everywhere("answers to another question", { kind: "dns", change: wrongQuestion }),
  everywhere("messages that end in the middle", { kind: "dns", change: cutTo(40) }),
  everywhere("answers that come too late", { kind: "delay", ms: 2_500 }),
  overTcp("connections cut in the middle of an answer", { kind: "cut", afterBytes: 20 }),
  overTcp("connections that are accepted and never answered", { kind: "black-hole" }),
  overTcp("connections whose other side is gone", { kind: "half-open" }),
  overTcp("connections reset at once", { kind: "close" }),
];

test.each(BREAKINGS)("$what from the one resolver cost nothing, and the other resolver's changes are followed", async ({ begin }) => {
  const dns = await startDnsServer({ sets: [{ name: "find", type: "A", values: VALUES, ttlSeconds: 0 }] });
  const [broken, good] = await Promise.all([startDnsFaultProxy(dns), startDnsFaultProxy(dns)]);
  const mesh = await startDnsMesh({ resolvers: [broken, good], endpoints: VALUES.length });
  const asked = broken.questions().length;
  await begin(broken);
  await dns.set("find", "A", [...VALUES, "127.0.0.3"], 0);
  await untilEqual("the addition", () => mesh.history.now().usable, mesh.at(...VALUES, "127.0.0.3"));
  await until("the broken one to have been asked", () => broken.questions().length > asked);
  mesh.history.neverLost(...mesh.at(...VALUES));
  mesh.history.neverListed(...mesh.at("127.6.6.6"));
  expect(mesh.history.changes().length).toBeLessThanOrEqual(2);
  expect(await mesh.load.stop()).toMatchObject({ failed: 0 });
});
