import { expect, test } from "vitest";
import { startBackend } from "../harness/backend.js";
import { startLoad } from "../harness/http-load.js";
import { startLyingCaller } from "../harness/lying-caller.js";
import { QUICK_CHECK, sidecarOf, untilUsable } from "../harness/mesh.js";
import { type ControlPlane, startControlPlane } from "../harness/planes.js";
import { until } from "../harness/until.js";

/** The fewest callers of whom most can agree. */
const CALLERS = 5;
const NAMES = ["one", "two", "three", "four"];

interface Shown {
  readonly members: readonly {
    readonly id: string;
    readonly outcome: string;
    readonly health: {
      readonly status: string;
      readonly share: number;
      readonly because: string;
      readonly last?: { readonly outcome: string };
    };
  }[];
  readonly callers?: { readonly doubted: readonly { readonly caller: string; readonly kind: string }[] };
}

const shop = (controlPlane: ControlPlane) => controlPlane.api<Shown>("/v1/services/shop");

async function mesh() {
  const backends = await Promise.all(NAMES.map((name) => startBackend({ name })));
  const addresses = backends.map(({ address }) => address);
  const controlPlane = await startControlPlane({
    sources: [{ name: "fixed", type: "static", services: { shop: addresses.map((address) => ({ address })) } }],
    // What each sidecar does for itself is not what is looked at here.
    defaults: { check: QUICK_CHECK, outlier: { consecutive5xx: 0 }, lb: "round-robin" },
  });
  const sidecars = await Promise.all(Array.from({ length: CALLERS }, (_, at) => sidecarOf(controlPlane, ["shop"], { id: `web-${at}` })));
  for (const sidecar of sidecars) await untilUsable(sidecar, "shop", addresses);
  for (const { ports } of sidecars) startLoad({ port: ports["shop"] ?? 0, clients: 1, perSecond: 40 });
  return { backends, addresses, controlPlane };
}

test("an endpoint that passes its checks and fails a part of its traffic is found by its callers together, and comes back", async () => {
  const { backends, addresses, controlPlane } = await mesh();
  const bad = async () => (await shop(controlPlane)).members.find(({ id }) => id === addresses[0]);
  const degraded = async () =>
    (await controlPlane.api<{ degraded: readonly { mode: string; because: string }[] }>("/v1/status")).degraded.map(({ mode }) => mode);
  await backends[0]?.behave({ kind: "status", status: 503, share: 0.4 });
  const found = await until("it to lose weight", async () => {
    const one = await bad();
    return one !== undefined && one.health.share < 1 ? one : undefined;
  });
  expect(found).toMatchObject({ outcome: "reduced", health: { status: "healthy", last: { outcome: "passed" } } });
  expect(found.health.because).toMatch(/^checks pass, traffic fails: \d+ % of its last \d+ requests failed/);
  expect(await degraded()).toContain("checks-pass-traffic-fails");
  const out = await until("it to be out", async () => {
    const one = await bad();
    return one?.outcome === "out" ? one : undefined;
  });
  expect(out.health.last?.outcome).toBe("passed");
  expect((await shop(controlPlane)).members.filter(({ outcome }) => outcome === "serving")).toHaveLength(3);
  await backends[0]?.behave({ kind: "answer" });
  await until("it to be back", async () => (await bad())?.health.status === "healthy" || undefined, { timeoutMs: 75_000 });
  expect(await degraded()).not.toContain("checks-pass-traffic-fails");
}, 150_000);

test("who reports that everybody fails, or that one does, takes nobody out and is named", async () => {
  const { addresses, controlPlane } = await mesh();
  startLyingCaller(controlPlane.xdsAddress, { id: "liar-of-all", service: "shop", endpoints: addresses });
  startLyingCaller(controlPlane.xdsAddress, { id: "liar-of-one", service: "shop", endpoints: addresses.slice(0, 1) });
  await until("both to be named", async () => {
    const { members, callers } = await shop(controlPlane);
    expect(members.filter(({ outcome, health }) => outcome === "out" || health.share < 0.5)).toEqual([]);
    const named = (callers?.doubted ?? []).map(({ caller }) => caller);
    return ["liar-of-all", "liar-of-one"].every((id) => named.some((caller) => caller.includes(id))) || undefined;
  });
  const named = (await shop(controlPlane)).callers?.doubted ?? [];
  expect(named.filter(({ caller }) => caller.includes("web-"))).toEqual([]);
  await until(
    "their word to count no more",
    async () => (await shop(controlPlane)).members.every(({ health }) => health.share === 1) || undefined,
  );
}, 120_000);
