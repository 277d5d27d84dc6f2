import { expect, test } from "vitest";
import { startDnsMesh } from "../harness/dns-mesh.js";
import { startDnsServer } from "../harness/dns-server.js";
import { untilUsable } from "../harness/mesh.js";
import { untilEqual } from "../harness/until.js";

test.each(["knot", "bind"] as const)(
  "a record set changed in %s is followed at its TTL, and a dead server empties nothing",
  async (program) => {
    const dns = await startDnsServer({ program, sets: [{ name: "find", type: "A", values: ["127.0.0.1"] }] });
    const mesh = await startDnsMesh({ resolvers: [dns], endpoints: 1 });
    await dns.set("find", "A", ["127.0.0.1", "127.0.0.2"]);
    await untilEqual("both addresses", () => mesh.history.now().usable, mesh.at("127.0.0.1", "127.0.0.2"));
    await dns.stop("SIGKILL");
    await untilEqual("the source to be stale", async () => (await mesh.contribution()).state, "stale");
    mesh.history.neverLost(...mesh.at("127.0.0.1"));
    expect(mesh.history.now().usable).toEqual(mesh.at("127.0.0.1", "127.0.0.2"));
    await dns.set("find", "A", ["127.0.0.1"]);
    await dns.start();
    await untilEqual("the removed address to be gone", () => mesh.history.now().addresses, mesh.at("127.0.0.1"), { timeoutMs: 45_000 });
    await untilUsable(mesh.sidecar, "find", mesh.at("127.0.0.1"));
    expect(mesh.history.changes()).toHaveLength(2);
    expect(await mesh.load.stop()).toMatchObject({ failed: 0 });
  },
);
