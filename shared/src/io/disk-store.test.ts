import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { open } from "../durable/envelope.js";
import type { DurableStore } from "../durable/store.js";
import { diskStore } from "./disk-store.js";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "fairlead-store-"));
});
afterEach(async () => {
  await chmod(directory, 0o700).catch(() => undefined);
  await rm(directory, { recursive: true, force: true });
});

const slot = (name: "a" | "b") => join(directory, `state.${name}`);

async function saveAll(store: DurableStore, ...payloads: string[]): Promise<void> {
  for (const [i, payload] of payloads.entries())
    expect(await store.save(Buffer.from(payload), 1_000 + i)).toEqual({ ok: true, value: undefined });
}

/** What a new process would find. */
async function loaded(): Promise<{ payload: string; sequence: number; savedAtMs: number; fellBack: string | undefined } | undefined> {
  const result = await diskStore(directory, "state").load();
  if (!result.ok) throw new Error(result.error);
  return result.value === undefined ? undefined : { ...result.value, payload: result.value.payload.toString() };
}

async function payloadIn(name: "a" | "b"): Promise<string> {
  const opened = open(await readFile(slot(name)));
  if (!opened.ok) throw new Error(opened.error);
  return opened.value.payload.toString();
}

/** Runs `task` as a user whom permissions stop: root, under whom tests may run, they do not. */
async function unprivileged<T>(task: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return task();
  const NOBODY = 65_534;
  await chown(directory, NOBODY, NOBODY);
  process.seteuid?.(NOBODY);
  try {
    return await task();
  } finally {
    process.seteuid?.(0);
  }
}

describe("a disk store", () => {
  test("is empty, not broken, before the first save, even without its directory", async () => {
    await rm(directory, { recursive: true });
    expect(await loaded()).toBeUndefined();
  });

  test("makes its directory, and gives back what was saved last", async () => {
    await rm(directory, { recursive: true });
    await saveAll(diskStore(directory, "state"), "one", "two");
    expect(await loaded()).toEqual({ payload: "two", sequence: 2, savedAtMs: 1_001, fellBack: undefined });
  });

  test("writes the two generations in turn and leaves nothing else behind", async () => {
    const store = diskStore(directory, "state");
    await saveAll(store, "one", "two", "three");
    expect([await payloadIn("a"), await payloadIn("b")]).toEqual(["three", "two"]);
    expect((await readdir(directory)).sort()).toEqual(["state.a", "state.b"]);
  });

  test("goes on alternating after a restart, whether it was loaded first or not", async () => {
    await saveAll(diskStore(directory, "state"), "one", "two");
    await saveAll(diskStore(directory, "state"), "three");
    const store = diskStore(directory, "state");
    await store.load();
    await saveAll(store, "four");
    expect([await payloadIn("a"), await payloadIn("b")]).toEqual(["three", "four"]);
    expect(await loaded()).toMatchObject({ payload: "four", sequence: 4 });
  });

  test("whose newest generation is corrupt gives the previous one and says why", async () => {
    await saveAll(diskStore(directory, "state"), "one", "two");
    const bytes = await readFile(slot("b"));
    bytes[bytes.length - 1] = 0;
    await writeFile(slot("b"), bytes);
    expect(await loaded()).toMatchObject({ payload: "one", sequence: 1, fellBack: `${slot("b")}: the checksum does not match` });
  });

  test("whose newest write was torn gives the previous one, and the next save replaces the torn one", async () => {
    await saveAll(diskStore(directory, "state"), "one", "two");
    await truncate(slot("b"), 20);
    expect(await loaded()).toMatchObject({ payload: "one" });
    const store = diskStore(directory, "state");
    await saveAll(store, "three");
    expect([await payloadIn("a"), await payloadIn("b")]).toEqual(["one", "three"]);
    expect(await loaded()).toMatchObject({ payload: "three", fellBack: undefined });
  });

  test("with both generations corrupt is an error that names both, and can be saved to", async () => {
    await saveAll(diskStore(directory, "state"), "one", "two");
    await writeFile(slot("a"), "x");
    await writeFile(slot("b"), "");
    const store = diskStore(directory, "state");
    const result = await store.load();
    expect(result.ok ? "" : result.error).toBe(`${slot("a")}: no header line; ${slot("b")}: no header line`);
    await saveAll(store, "three");
    expect(await loaded()).toMatchObject({ payload: "three", fellBack: `${slot("b")}: no header line` });
  });

  test("is not confused by a temporary file that a crash left", async () => {
    const store = diskStore(directory, "state");
    await saveAll(store, "one");
    await writeFile(join(directory, "state.tmp"), "half of some");
    expect(await loaded()).toMatchObject({ payload: "one", fellBack: undefined });
    await saveAll(store, "two");
    expect(await readdir(directory)).not.toContain("state.tmp");
  });

  test("that cannot write says why, keeps what it has, and works again when the disk does", async () => {
    const store = diskStore(directory, "state");
    await saveAll(store, "one");
    // A directory in the way fails for every user; permissions would not stop root.
    await mkdir(join(directory, "state.tmp"));
    const failed = await store.save(Buffer.from("two"), 2_000);
    expect(failed.ok ? "" : failed.error).toMatch(/state\.b: EISDIR/);
    expect(await loaded()).toMatchObject({ payload: "one" });
    await rm(join(directory, "state.tmp"), { recursive: true, force: true });
    await saveAll(store, "three");
    expect(await loaded()).toMatchObject({ payload: "three", sequence: 2 });
  });

  test("in a read-only directory says why, and works again when it is writable", async () => {
    const store = diskStore(directory, "state");
    await saveAll(store, "one");
    const failed = await unprivileged(async () => {
      await chmod(directory, 0o500);
      return store.save(Buffer.from("two"), 2_000);
    });
    expect(failed.ok ? "" : failed.error).toContain("EACCES");
    await chmod(directory, 0o700);
    await saveAll(store, "three");
    expect(await loaded()).toMatchObject({ payload: "three" });
  });

  test("of saves asked for at once writes the newest waiting one only, and tells all of them", async () => {
    const store = diskStore(directory, "state");
    const results = await Promise.all(["one", "two", "three", "four"].map((payload, i) => store.save(Buffer.from(payload), i)));
    expect(results.every((result) => result.ok)).toBe(true);
    const after = await loaded();
    expect(after).toMatchObject({ payload: "four", savedAtMs: 3 });
    expect(after?.sequence).toBeLessThanOrEqual(2);
  });

  test("keeps its files from other users", async () => {
    await saveAll(diskStore(directory, "state"), "one");
    const { mode } = await stat(slot("a"));
    expect(mode & 0o077).toBe(0);
  });
});
