import { expect, test } from "vitest";
import { dropped, onlyFor } from "../harness/dns-changes.js";
import { startDnsMesh } from "../harness/dns-mesh.js";
import { startDnsServer } from "../harness/dns-server.js";
import { startDnsFaultProxy } from "../harness/fault-proxy.js";
import { until, untilEqual } from "../harness/until.js";

test("while AAAA questions get no answer, A changes are followed, the IPv6 address stays, and nothing is asked in a hurry", async () => {
  const dns = await startDnsServer({
    sets: [
      { name: "find", type: "A", values: ["127.0.0.1"], ttlSeconds: 0 },
      { name: "find", type: "AAAA", values: ["::1"], ttlSeconds: 0 },
    ],
  });
  const proxy = await startDnsFaultProxy(dns);
  const mesh = await startDnsMesh({
    resolvers: [proxy],
    endpoints: 2,

    names: (port) => [{ service: "find", name: "find.test.", type: "both", port }],
  });
  await proxy.set({ kind: "dns", change: onlyFor("AAAA", dropped) });
  const beganMs = performance.now();
  await until("the failing family to be named", async () =>
    (await mesh.contribution()).quarantined.some(({ place, reason }) => /AAAA/.test(`${place} ${reason}`)),
  );
  await dns.set("find", "A", ["127.0.0.1", "127.0.0.2"], 0);
  await untilEqual("the IPv4 addition", () => mesh.history.now().usable, mesh.at("127.0.0.1", "127.0.0.2", "::1"));
  await dns.set("find", "A", ["127.0.0.2"], 0);
  await untilEqual("the IPv4 removal", () => mesh.history.now().addresses, mesh.at("127.0.0.2", "::1"));
  const tookS = (performance.now() - beganMs) / 1_000;
  const aaaa = proxy.questions().filter(({ type, atMs }) => type === "AAAA" && atMs >= beganMs);
  // Each try waits a second, and a failure at least one more.
  expect(aaaa.length).toBeLessThan(4 + 2 * tookS);
  mesh.history.neverLost(...mesh.at("::1"));
  await proxy.set({ kind: "pass" });
  await untilEqual("nothing to be failing", async () => (await mesh.contribution()).quarantined, []);
  expect(await mesh.load.stop()).toMatchObject({ failed: 0 });
});
