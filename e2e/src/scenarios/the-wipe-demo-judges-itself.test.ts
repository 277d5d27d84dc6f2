import { expect, test } from "vitest";
import { repositoryTop } from "../harness/paths.js";
import { startNode } from "../harness/processes.js";
import { startZooKeeper } from "../harness/zookeeper.js";

async function playWipe(args: readonly string[]) {
  const demo = startNode(`${repositoryTop}/e2e/dist/demo/main.js`, ["--wipe", ...args], { name: "demo" });
  const { code } = await demo.exited;
  const result = JSON.parse(demo.lines().at(-1) ?? "{}") as { ours: { failed: number }; plain: { failed: number } };
  expect(result, demo.output()).toMatchObject({ ok: true, ours: { failed: 0 } });
  return { ...result, code };
}

test("when ZooKeeper loses every ephemeral a plain watcher loses requests and we lose none, and a dead host is out by its own answer", async () => {
  const { plain, code } = await playWipe([]);
  expect(plain.failed).toBeGreaterThan(0);
  expect(code).toBe(0);
});

test("the wipe plays on a ZooKeeper that is given, and leaves nothing behind", async () => {
  const server = await startZooKeeper();
  expect((await playWipe(["--zookeeper", server.address])).code).toBe(0);
  const { 1: znodes } = /^Node count: (\d+)$/m.exec(await server.ask("srvr")) ?? [];
  // The root and what ZooKeeper itself creates below it.
  expect(Number(znodes)).toBe(5);
});
