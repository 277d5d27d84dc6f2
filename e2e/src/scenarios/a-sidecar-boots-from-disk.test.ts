import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startBackend } from "../harness/backend.js";
import { httpRequest } from "../harness/http-request.js";
import { type ClustersBody, type MeshSidecar, QUICK_CHECK, sidecarOf, untilAllAnswer, untilUsable } from "../harness/mesh.js";
import { startControlPlane } from "../harness/planes.js";
import { until, untilEqual } from "../harness/until.js";

/** A sidecar that has saved two generations: the first had one backend, the second two. */
async function savedTwice() {
  const one = await startBackend({ name: "one" });
  const two = await startBackend({ name: "two" });
  const sources = (addresses: readonly string[]) => [
    { name: "fixed", type: "static", services: { shop: addresses.map((address) => ({ address })) } },
  ];
  const controlPlane = await startControlPlane({ sources: sources([one.address]), defaults: { check: QUICK_CHECK } });
  const sidecar = await sidecarOf(controlPlane, ["shop"]);
  await untilUsable(sidecar, "shop", [one.address]);
  await untilSaved(sidecar);
  controlPlane.rewriteConfig({ sources: sources([one.address, two.address]), defaults: { check: QUICK_CHECK } });
  await untilUsable(sidecar, "shop", [one.address, two.address]);
  await untilSaved(sidecar);
  await sidecar.plane.stop();
  await controlPlane.kill("SIGKILL");
  return { one, two, controlPlane, sidecar };
}

/** The saved state's files, newest first. */
function generations(folder: string): readonly { readonly path: string; readonly sequence: number; readonly text: string }[] {
  const state = join(folder, "state");
  let names: readonly string[] = [];
  try {
    names = readdirSync(state).filter((name) => /^last-known-good\.[ab]$/.test(name));
  } catch {
    return [];
  }
  return names
    .map((name) => {
      const path = join(state, name);
      const text = readFileSync(path, "utf8");
      const header = JSON.parse(text.slice(0, text.indexOf("\n"))) as { sequence: number };
      return { path, sequence: header.sequence, text };
    })
    .sort((a, b) => b.sequence - a.sequence);
}

function newest(folder: string) {
  const [first] = generations(folder);
  if (first === undefined) throw new Error("nothing saved");
  return first;
}

/** Waits until the newest generation has the endpoints in force: a save may come between a cluster and its endpoints. */
async function untilSaved({ plane }: MeshSidecar): Promise<void> {
  const version = (await shop(plane)).shop?.versions["assignment"];
  await until("what is in force to be saved", () => version !== undefined && newest(plane.folder).text.includes(`"${version}"`));
}

/** Flips a byte in the middle: length and header still fit. */
function corrupt(path: string): void {
  const bytes = readFileSync(path);
  const at = statSync(path).size - 20;
  bytes[at] = (bytes[at] ?? 0) ^ 0xff;
  writeFileSync(path, bytes);
}

const shop = async (plane: { api<T>(path: string): Promise<T> }) => {
  const body = await plane.api<ClustersBody>("/clusters");
  return { ...body, shop: body.clusters.find(({ service }) => service === "shop") };
};

test("with the control plane, ZooKeeper and DNS all dead it serves from disk", async () => {
  const { sidecar } = await savedTwice();
  await sidecar.plane.restart();
  await untilAllAnswer(sidecar, "shop", ["one", "two"]);
  expect((await shop(sidecar.plane)).shop).toMatchObject({ ready: true, origin: "disk" });
  const ready = JSON.parse((await sidecar.plane.ask("/ready")).body) as { upstreams: { origin: string; ageSeconds: number }[] };
  expect(ready.upstreams[0]).toMatchObject({ origin: "disk" });
  expect(ready.upstreams[0]?.ageSeconds).toBeGreaterThan(0);
});

test("with the newest file corrupted it serves from the previous generation and says so", async () => {
  const { sidecar } = await savedTwice();
  expect(generations(sidecar.plane.folder)).toHaveLength(2);
  corrupt(newest(sidecar.plane.folder).path);
  await sidecar.plane.restart();
  expect((await sidecar.get("shop")).status).toBe(200);
  expect((await shop(sidecar.plane)).fallback.fellBack).toContain("checksum");
});

test("with both corrupted it starts, is not ready, answers 503 with a clear body, and recovers when the control plane comes", async () => {
  const { controlPlane, sidecar } = await savedTwice();
  for (const { path } of generations(sidecar.plane.folder)) corrupt(path);
  await sidecar.plane.restart("alive");
  const answer = await sidecar.get("shop");
  expect(answer.status).toBe(503);
  expect(answer.headers["x-fairlead-reason"]).toBe("not-ready");
  expect(JSON.parse(answer.body)).toMatchObject({ fault: "sidecar", retry: "safe" });
  expect((await sidecar.plane.ask("/ready")).status).toBe(503);
  expect((await shop(sidecar.plane)).fallback.loadFailure).toContain("checksum");
  await controlPlane.restart();
  await untilEqual("the sidecar to be ready", async () => (await sidecar.plane.ask("/ready")).status, 200, { timeoutMs: 40_000 });
  expect((await httpRequest({ port: sidecar.ports["shop"] ?? 0, path: "/" })).status).toBe(200);
});
