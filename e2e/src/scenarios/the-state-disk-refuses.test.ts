import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, type TestContext, test } from "vitest";
import { startBackend } from "../harness/backend.js";
import { QUICK_CHECK, sidecarOf, untilAllAnswer } from "../harness/mesh.js";
import { needs } from "../harness/not-run.js";
import { startControlPlane } from "../harness/planes.js";
import { stopLater, temporaryFolder } from "../harness/teardown.js";
import { untilEqual } from "../harness/until.js";

const config = (addresses: readonly string[]) => ({
  sources: [{ name: "fixed", type: "static", services: { shop: addresses.map((address) => ({ address })) } }],
  defaults: { check: QUICK_CHECK },
});

/** A file system of 256 KiB of its own at `folder`/state; the test is not run where this user may not mount one. */
function smallDisk(context: TestContext, folder: string): string {
  const path = join(folder, "state");
  mkdirSync(path);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", path], { stdio: "pipe" });
  } catch (error) {
    needs(context, { ok: false, reason: `no file system can be mounted here: ${String(error).split("\n")[0]}` });
  }
  stopLater({ name: `mount ${path}`, stop: () => void execFileSync("umount", ["-l", path]) });
  return path;
}

type Disk = { readonly refuse: () => void; readonly allow: () => void };

/** The same promise whatever the disk's reason: visible, counted, updates apply, and it saves again by itself. */
async function promiseOf(folder: string, { refuse, allow }: Disk): Promise<void> {
  const one = await startBackend({ name: "one" });
  const two = await startBackend({ name: "two" });
  refuse();
  const controlPlane = await startControlPlane(config([one.address]), { folder });
  const modes = async () => (await controlPlane.api<{ degraded: { mode: string }[] }>("/v1/status")).degraded.map(({ mode }) => mode);
  await untilEqual("the failure to be shown", modes, ["state-not-saved"]);
  expect(await controlPlane.metric("fairlead_snapshot_save_failing")).toBe(1);
  const sidecar = await sidecarOf(controlPlane, ["shop"]);
  controlPlane.rewriteConfig(config([one.address, two.address]));
  await untilAllAnswer(sidecar, "shop", ["one", "two"]);
  expect(controlPlane.process().output().split("snapshot-not-saved").length - 1).toBe(1);
  allow();
  await untilEqual("it to save again", modes, []);
  expect(await controlPlane.metric("fairlead_snapshot_save_failing")).toBe(0);
}

test("a full disk degrades, visibly, and updates still apply", async (context) => {
  const folder = temporaryFolder("full");
  const path = smallDisk(context, folder);
  const filler = join(path, "filler");
  await promiseOf(folder, {
    refuse() {
      const { bavail, bsize } = statfsSync(path);
      writeFileSync(filler, Buffer.alloc(bavail * bsize));
    },
    allow: () => rmSync(filler),
  });
});

test("a read-only disk degrades, visibly, and updates still apply", async (context) => {
  const folder = temporaryFolder("read-only");
  const path = smallDisk(context, folder);
  await promiseOf(folder, {
    refuse: () => void execFileSync("mount", ["-o", "remount,ro", path]),
    allow: () => void execFileSync("mount", ["-o", "remount,rw", path]),
  });
});

test("a state directory that cannot be made degrades, visibly, and updates still apply", async () => {
  const folder = temporaryFolder("file");
  await promiseOf(folder, { refuse: () => writeFileSync(join(folder, "state"), ""), allow: () => rmSync(join(folder, "state")) });
});
