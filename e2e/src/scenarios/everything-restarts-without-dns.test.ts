import { expect, test } from "vitest";
import { FIND, startDnsMesh } from "../harness/dns-mesh.js";
import { startDnsServer } from "../harness/dns-server.js";
import type { Fault } from "../harness/fault.js";
import { startDnsFaultProxy } from "../harness/fault-proxy.js";
import { serviceBody, untilAllAnswer } from "../harness/mesh.js";
import { until } from "../harness/until.js";

/** What the design promises for a start with every list away. */
const promisedMs = 5_000;

test.each<Fault>([{ kind: "black-hole" }, { kind: "refuse" }])(
  "both planes start with DNS dead ($kind) and traffic flows within five seconds",
  async (fault) => {
    const values = ["127.0.0.1", "127.0.0.2"];
    const dns = await startDnsServer({ sets: [{ name: "find", type: "A", values, ttlSeconds: 0 }] });
    const proxies = await Promise.all([startDnsFaultProxy(dns), startDnsFaultProxy(dns)]);
    const mesh = await startDnsMesh({ resolvers: proxies, endpoints: values.length });
    expect(await mesh.load.stop()).toMatchObject({ failed: 0 });
    await mesh.controlPlane.stop();
    await mesh.sidecar.plane.stop();
    for (const proxy of proxies) await proxy.set(fault);
    const asked = proxies.map((proxy) => proxy.questions().length);
    const startMs = performance.now();
    await Promise.all([mesh.controlPlane.restart("nothing"), mesh.sidecar.plane.restart("nothing")]);
    await untilAllAnswer(mesh.sidecar, FIND, ["found"]);
    expect(performance.now() - startMs).toBeLessThan(promisedMs);
    // The control plane too gives what it saved to whoever asks, and says that it is that and why.
    await until("the control plane to be ready", async () => (await mesh.controlPlane.ask("/readyz")).status === 200);
    expect(performance.now() - startMs).toBeLessThan(promisedMs);
    expect(await serviceBody(mesh.controlPlane, FIND)).toMatchObject({ standing: "saved", endpoints: { serving: values.length } });
    await until("the cause to be said", async () => {
      const { state, reason } = await mesh.contribution();
      return state === "pending" && /no .*answer within|ECONNREFUSED/.test(reason ?? "");
    });
    await until("the saved set to be published", () => mesh.history.now().addresses.length === values.length);
    mesh.history.neverChanged();
    // Nobody asked for anything but the source's own name: no address of ours goes through DNS.
    const names = proxies.flatMap((proxy, at) => proxy.questions().slice(asked[at])).map(({ name }) => name);
    expect(new Set(names)).toEqual(new Set(fault.kind === "refuse" ? [] : ["find.test"]));
  },
);
