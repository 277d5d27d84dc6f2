import { expect, test } from "vitest";
import { startBackend } from "../harness/backend.js";
import { startDnsServer } from "../harness/dns-server.js";
import { QUICK_CHECK, serviceBody, sidecarOf, untilAllAnswer, untilUsable } from "../harness/mesh.js";
import { startControlPlane } from "../harness/planes.js";
import { untilEqual } from "../harness/until.js";

test("a changed record set is followed at its TTL, and a dead server empties nothing", async () => {
  // Two addresses of the loopback network with the backends' one port, as a name with two A records would have.
  const one = await startBackend({ name: "one" });
  const dns = await startDnsServer();
  await dns.set("find", "A", ["127.0.0.1"], 1);
  const controlPlane = await startControlPlane({
    sources: [
      { name: "dns", type: "dns", resolvers: [dns.address], names: [{ service: "find", name: "find.test.", type: "A", port: one.port }] },
    ],
    defaults: { check: QUICK_CHECK },
  });
  const sidecar = await sidecarOf(controlPlane, ["find"]);
  await untilAllAnswer(sidecar, "find", ["one"]);
  await dns.set("find", "A", ["127.0.0.1", "127.0.0.2"], 1);
  await untilEqual("both addresses to be known", async () => (await serviceBody(controlPlane, "find")).members.map(({ id }) => id), [
    `127.0.0.1:${one.port}`,
    `127.0.0.2:${one.port}`,
  ]);
  await dns.stop("SIGKILL");
  await untilEqual("the service to be marked stale", async () => (await serviceBody(controlPlane, "find")).stale, true, {
    timeoutMs: 20_000,
  });
  expect((await serviceBody(controlPlane, "find")).members).toHaveLength(2);
  expect((await sidecar.get("find")).status).toBe(200);
  await dns.start();
  await dns.set("find", "A", ["127.0.0.1"], 1);
  await untilEqual(
    "the removed address to be gone",
    async () => (await serviceBody(controlPlane, "find")).members.map(({ id }) => id),
    [`127.0.0.1:${one.port}`],
    { timeoutMs: 45_000 },
  );
  await untilUsable(sidecar, "find", [one.address]);
});
