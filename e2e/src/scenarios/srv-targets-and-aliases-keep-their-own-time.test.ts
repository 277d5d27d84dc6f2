import { expect, test } from "vitest";
import { startDnsMesh } from "../harness/dns-mesh.js";
import { startDnsServer } from "../harness/dns-server.js";
import { untilEqual } from "../harness/until.js";

test("an SRV record that lives for long does not keep its target's old address", async () => {
  const dns = await startDnsServer();
  const mesh = await startDnsMesh({
    resolvers: [dns],
    endpoints: 2,
    // The ceiling would hide what this is about: that the smaller TTL decides.
    source: { maxTtl: "60s" },
    names: async (port) => {
      await dns.setAll([
        { name: "_http._tcp.find", type: "SRV", values: [`0 10 ${port} one.test.`, `0 10 ${port} two.test.`], ttlSeconds: 600 },
        { name: "one", type: "A", values: ["127.0.0.1"], ttlSeconds: 1 },
        { name: "two", type: "A", values: ["127.0.0.2"], ttlSeconds: 1 },
      ]);
      return [{ service: "find", name: "_http._tcp.find.test.", type: "SRV" }];
    },
  });
  await dns.set("two", "A", ["127.0.0.3"], 1);
  await untilEqual("the target's new address", () => mesh.history.now().usable, mesh.at("127.0.0.1", "127.0.0.3"));
  mesh.history.neverLost(...mesh.at("127.0.0.1"));
  mesh.history.neverBelow(1);
  expect(await mesh.load.stop()).toMatchObject({ failed: 0 });
});

test("an alias that is pointed elsewhere in the middle of its chain is followed at the smallest TTL", async () => {
  const dns = await startDnsServer({
    sets: [
      { name: "find", type: "CNAME", values: ["middle.test."], ttlSeconds: 600 },
      { name: "middle", type: "CNAME", values: ["blue.test."], ttlSeconds: 1 },
      { name: "blue", type: "A", values: ["127.0.0.1", "127.0.0.2"], ttlSeconds: 600 },
      { name: "green", type: "A", values: ["127.0.0.2", "127.0.0.3"], ttlSeconds: 600 },
    ],
  });
  const mesh = await startDnsMesh({ resolvers: [dns], endpoints: 2, source: { maxTtl: "60s" } });
  await dns.set("middle", "CNAME", ["green.test."], 1);
  await untilEqual("the other end of the chain", () => mesh.history.now().usable, mesh.at("127.0.0.2", "127.0.0.3"));
  mesh.history.neverLost(...mesh.at("127.0.0.2"));
  expect(await mesh.load.stop()).toMatchObject({ failed: 0 });
});
