import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@fairlead/shared/io";
import { RecordedLog } from "@fairlead/shared/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { listFileOnDisk } from "./list-file-on-disk.js";

let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "fairlead-list-"));
});
afterEach(() => rm(directory, { recursive: true }));

test("a list in a ConfigMap is followed through the swap of its ..data link", async () => {
  const put = async (version: string, text: string) => {
    await mkdir(join(directory, version));
    await writeFile(join(directory, version, "lists.yaml"), text);
    await symlink(version, join(directory, "..data_tmp"));
    await rename(join(directory, "..data_tmp"), join(directory, "..data"));
  };
  await put("..one", "services: { shop: [] }");
  await symlink("..data/lists.yaml", join(directory, "lists.yaml"));
  const file = listFileOnDisk(join(directory, "lists.yaml"), { clock: systemClock, log: new RecordedLog() });
  expect(await file.read()).toEqual({ ok: true, value: "services: { shop: [] }" });
  let seen = false;
  const watch = file.watch(() => {
    seen = true;
  });
  // The watch compares with what it read first; a swap before that is what it starts from, and another one follows.
  for (let swap = 1; !seen; swap++) {
    await put(`..swap-${swap}`, `services: { cart-${swap}: [] }`);
    expect(await file.read()).toEqual({ ok: true, value: `services: { cart-${swap}: [] }` });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await watch.close();
});
