import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@fairlead/shared/io";
import { RecordedLog } from "@fairlead/shared/testing";
import { afterEach, expect, test } from "vitest";
import { systemResolvers } from "./system-resolvers.js";

const folder = mkdtempSync(join(tmpdir(), "fairlead-resolv-"));
const path = join(folder, "resolv.conf");
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("resolv.conf is read again when it is replaced, and what it said stays while it is empty or gone", async () => {
  writeFileSync(path, "nameserver 10.0.0.2\n");
  const log = new RecordedLog();
  const resolvers = await systemResolvers({ clock: systemClock, log, path });
  expect(resolvers.value).toEqual(["10.0.0.2:53"]);
  const heard: string[] = [];
  let tell: (() => void) | undefined;
  const following = resolvers.watch((now) => {
    heard.push(now.join());
    tell?.();
  });
  const changed = new Promise<void>((resolve) => {
    tell = resolve;
  });
  writeFileSync(`${path}.new`, "nameserver 10.0.0.2\nnameserver 10.0.0.3\n");
  renameSync(`${path}.new`, path);
  await changed;
  expect(heard).toEqual(["10.0.0.2:53", "10.0.0.2:53,10.0.0.3:53"]);
  writeFileSync(path, "# being written\n");
  await new Promise<void>((resolve) => {
    const look = () => (log.count("system-resolvers-unknown") > 0 ? resolve() : void setTimeout(look, 20));
    look();
  });
  expect(resolvers.value).toEqual(["10.0.0.2:53", "10.0.0.3:53"]);
  rmSync(path);
  const missed = new Promise<void>((resolve) => {
    const look = () => (log.count("system-resolvers-unknown") > 1 ? resolve() : void setTimeout(look, 20));
    look();
  });
  await missed;
  expect(resolvers.value).toEqual(["10.0.0.2:53", "10.0.0.3:53"]);
  await following.close();
});

test("a file that is not there is said once, and leaves no resolver", async () => {
  const log = new RecordedLog();
  const resolvers = await systemResolvers({ clock: systemClock, log, path: join(folder, "missing") });
  expect(resolvers.value).toEqual([]);
  expect(log.count("system-resolvers-unknown")).toBe(1);
});
