import { expect, test } from "vitest";
import { startBackend } from "../harness/backend.js";
import { startLoad } from "../harness/http-load.js";
import { sidecarOf, untilAllAnswer } from "../harness/mesh.js";
import { startFastControlPlane } from "../harness/planes.js";
import { startSnapshotHistory } from "../harness/snapshot-history.js";
import { until } from "../harness/until.js";
import { startZooKeeper } from "../harness/zookeeper.js";
import { openZooKeeperSession } from "../harness/zookeeper-client.js";

/** The control plane's clocks run so many times as fast: three seconds are 150 ms. */
const TIMES = 20;
const HALF_PERIOD_MS = 3_000 / TIMES;
/** Two minutes of the control plane's time. */
const FLAPS = 20;
/** Two departures are believed, and each return; the third is one too many (RFC 2439). */
const MOST_CHANGES = 5;

const undivided = (untilIso: string, sinceIso: string): number => Date.parse(untilIso) - Date.parse(sinceIso);

test("a registration that comes and goes every 3 s is published calmly, harms nobody else, and is forgiven once it is calm", async () => {
  const server = await startZooKeeper();
  const session = await openZooKeeperSession(server.address);
  await session.mkdirp("/members/cart");
  const backends = await Promise.all(["one", "two", "three", "four", "flapper"].map((name) => startBackend({ name })));
  for (const { name, address } of backends) await session.create(`/members/cart/${name}`, address, "ephemeral");
  const controlPlane = await startFastControlPlane(TIMES, {
    sources: [
      {
        name: "zk",
        type: "zookeeper",
        servers: [server.address],
        sessionTimeout: "60s",
        paths: [{ path: "/members/cart", service: "cart", format: "host-port" }],
      },
    ],
    defaults: { check: { type: "tcp", interval: "20s", timeout: "20s", rise: 1, fall: 3 } },
  });
  const sidecar = await sidecarOf(controlPlane, ["cart"]);
  await untilAllAnswer(sidecar, "cart", ["one", "flapper"]);
  const history = await startSnapshotHistory(controlPlane, "cart");
  const load = startLoad({ port: sidecar.ports["cart"] ?? 0, clients: 4, perSecond: 200 });
  const flapper = backends.at(-1)?.address ?? "";
  const others = backends.slice(0, -1).map(({ address }) => address);

  const halfAPeriod = async (from: number): Promise<void> => {
    await until("half a period to be over", () => performance.now() - from >= HALF_PERIOD_MS, { everyMs: 5 });
  };
  for (let flap = 0; flap < FLAPS; flap++) {
    let fromMs = performance.now();
    await session.remove("/members/cart/flapper");
    await halfAPeriod(fromMs);
    fromMs = performance.now();
    await session.create("/members/cart/flapper", flapper, "ephemeral");
    await halfAPeriod(fromMs);
  }
  history.neverLost(...others);
  expect(history.changes().length).toBeLessThanOrEqual(MOST_CHANGES);
  expect(history.now().addresses).toContain(flapper);

  // Its next departure is held, with the reason and an end: longer than a calm one's, and two half-lives of 30 s at most.
  await session.remove("/members/cart/flapper");
  const held = await until("its removal to be held", async () => (await memberOf(flapper)).hold);
  expect(held.kind).toBe("flap");
  expect(undivided(held.until, held.since)).toBeLessThanOrEqual(60_000);
  await until("it to leave by itself", () => !history.now().addresses.includes(flapper));

  // Back and calm for so long that what it is reproached for has faded: it leaves like any other.
  await session.create("/members/cart/flapper", flapper, "ephemeral");
  await until(
    "its flapping to be forgotten",
    async () => ((await memberOf(flapper)).flapPenalty ?? 0) < 750 && history.now().addresses.includes(flapper),
  );
  await session.remove("/members/cart/flapper");
  const holds = new Set<string | undefined>();
  await until("it to be gone", async () => {
    holds.add((await memberOf(flapper)).hold?.kind);
    return !history.now().addresses.includes(flapper);
  });
  expect([...holds]).not.toContain("flap");
  history.neverLost(...others);
  expect(await load.stop()).toMatchObject({ failed: 0 });

  async function memberOf(id: string): Promise<Member> {
    const { members } = await controlPlane.api<{ members: Member[] }>("/v1/services/cart");
    return members.find((member) => member.id === id) ?? { id };
  }
});

interface Member {
  readonly id: string;
  readonly hold?: { readonly kind: string; readonly since: string; readonly until: string };
  readonly flapPenalty?: number;
}
