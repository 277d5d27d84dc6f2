import { expect, test } from "vitest";
import { FIND, startDnsMesh } from "../harness/dns-mesh.js";
import { startDnsServer } from "../harness/dns-server.js";
import type { Fault } from "../harness/fault.js";
import { startDnsFaultProxy } from "../harness/fault-proxy.js";
import { serviceBody, untilAllAnswer } from "../harness/mesh.js";
import { built } from "../harness/paths.js";
import { type ControlPlane, startControlPlane } from "../harness/planes.js";
import { startNode } from "../harness/processes.js";
import { until } from "../harness/until.js";

/** What the design promises for a start with every list away. */
const promisedMs = 5_000;

test.each<Fault>([{ kind: "black-hole" }, { kind: "refuse" }])(
  "both planes start with DNS dead ($kind) and traffic flows within five seconds",
  async (fault) => {
    const values = ["127.0.0.1", "127.0.0.2"];
    const dns = await startDnsServer({ sets: [{ name: "find", type: "A", values, ttlSeconds: 0 }] });
    const proxies = await Promise.all([startDnsFaultProxy(dns), startDnsFaultProxy(dns)]);
    // Unchecked: what a start on a busy machine makes of its own late checks is another promise.
    const mesh = await startDnsMesh({ resolvers: proxies, endpoints: values.length, check: "none" });
    expect(await mesh.load.stop()).toMatchObject({ failed: 0 });
    const isReady = async () => (await mesh.controlPlane.ask("/readyz")).status === 200;
    const restart = async (): Promise<number> => {
      const startMs = performance.now();
      await Promise.all([mesh.controlPlane.restart("nothing"), mesh.sidecar.plane.restart("nothing")]);
      await untilAllAnswer(mesh.sidecar, FIND, ["found"]);
      return performance.now() - startMs;
    };
    // A machine that is too busy to keep the promise with DNS alive is not what this is about, and it may get busier. Whoever
    // waited for DNS would need half a minute more: bootWait.
    const limitMs = promisedMs + 4 * (await restart());
    await until("the control plane to be ready", isReady);
    await mesh.controlPlane.stop();
    await mesh.sidecar.plane.stop();
    for (const proxy of proxies) await proxy.set(fault);
    const asked = proxies.map((proxy) => proxy.questions().length);
    const startMs = performance.now();
    expect(await restart()).toBeLessThan(limitMs);
    // The control plane too gives what it saved to whoever asks, and says that it is that and why.
    await until("the control plane to be ready", isReady);
    expect(performance.now() - startMs).toBeLessThan(limitMs);
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

test("a configuration that could not start so is refused with --strict, and said to be doubtful without", async () => {
  const sound = await startControlPlane({ sources: [findFrom("127.0.0.1:5300")] }, { waitFor: "alive" });
  // The resolver is asked through a proxy that has to hear from this control plane where the resolver is.
  const looped = await startControlPlane(
    { sources: [findFrom("127.0.0.1:5300")], services: { resolver: { localPort: 5_300 } } },
    { waitFor: "alive" },
  );
  expect(await checkStrictly(sound)).toMatchObject({ code: 0 });
  const refused = await checkStrictly(looped);
  expect(refused.code).not.toBe(0);
  expect(refused.output).toMatch(/sources\.?\[?0\]?\.resolvers\.?\[?0\]?.*127\.0\.0\.1:5300 is the local port of service resolver/);
  const modes = async (plane: ControlPlane) =>
    (await plane.api<{ degraded: { mode: string }[] }>("/v1/status")).degraded.map(({ mode }) => mode);
  expect(await modes(looped)).toContain("bootstrap-loop");
  expect(await modes(sound)).not.toContain("bootstrap-loop");
});

function findFrom(resolver: string) {
  return { name: "dns", type: "dns", resolvers: [resolver], names: [{ service: FIND, name: "find.test.", type: "A", port: 8_080 }] };
}

/** Checks a running control plane's own file, as a person would before a restart. */
async function checkStrictly({ configFile }: ControlPlane) {
  const check = startNode(built.controlPlane, ["--check-config", "--strict", "--config", configFile]);
  const { code } = await check.exited;
  return { code, output: check.output() };
}
