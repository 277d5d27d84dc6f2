import { mkdir, open as openFile, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { open, seal } from "../durable/envelope.js";
import type { DurableStore, Loaded } from "../durable/store.js";
import { fail, ok, type Result } from "../result.js";

const SLOTS = ["a", "b"] as const;

/**
 * Two slots, `NAME.a` and `NAME.b`, written in turn: a save never touches the newest generation. Each write is temp,
 * fsync, rename, fsync of the directory (decision D11): without the last, a power cut may undo the rename.
 */
export function diskStore(directory: string, name: string): DurableStore {
  const pathOf = (slot: string) => join(directory, `${name}.${slot}`);
  /** Last sequence written or read, and the slot it is in; undefined until the slots were looked at. */
  let newest: { sequence: number; slot: string } | undefined;
  let tail: Promise<unknown> = Promise.resolve();
  let waiting: { payload: Uint8Array; savedAtMs: number; done: Promise<Result<void>> } | undefined;

  async function readSlots(): Promise<Result<Loaded | undefined>> {
    const good: { slot: string; loaded: Loaded }[] = [];
    const bad: string[] = [];
    for (const slot of SLOTS) {
      const file = await readIfThere(pathOf(slot));
      if (!file.ok) bad.push(`${pathOf(slot)}: ${file.error}`);
      else if (file.value !== undefined) {
        const opened = open(file.value);
        if (opened.ok) good.push({ slot, loaded: { ...opened.value, fellBack: undefined } });
        else bad.push(`${pathOf(slot)}: ${opened.error}`);
      }
    }
    good.sort((one, other) => other.loaded.sequence - one.loaded.sequence);
    const best = good[0];
    newest = best === undefined ? { sequence: 0, slot: "b" } : { sequence: best.loaded.sequence, slot: best.slot };
    if (best !== undefined) return ok({ ...best.loaded, fellBack: bad.length > 0 ? bad.join("; ") : undefined });
    return bad.length > 0 ? fail(bad.join("; ")) : ok(undefined);
  }

  async function write(payload: Uint8Array, savedAtMs: number): Promise<Result<void>> {
    if (newest === undefined) await readSlots();
    const was = newest ?? { sequence: 0, slot: "b" };
    const slot = was.slot === "a" ? "b" : "a";
    const sequence = was.sequence + 1;
    const temporary = join(directory, `${name}.tmp`);
    try {
      await mkdir(directory, { recursive: true });
      await writeThrough(temporary, seal({ payload, savedAtMs, sequence }));
      await rename(temporary, pathOf(slot));
      await syncDirectory(directory);
      newest = { sequence, slot };
      return ok(undefined);
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined);
      return fail(`${pathOf(slot)}: ${reasonOf(error)}`);
    }
  }

  return {
    load: readSlots,
    save(payload, savedAtMs) {
      if (waiting !== undefined) {
        waiting.payload = payload;
        waiting.savedAtMs = savedAtMs;
        return waiting.done;
      }
      const job: { payload: Uint8Array; savedAtMs: number; done: Promise<Result<void>> } = {
        payload,
        savedAtMs,
        done: Promise.resolve(ok(undefined)),
      };
      job.done = tail.then(() => {
        waiting = undefined;
        return write(job.payload, job.savedAtMs);
      });
      waiting = job;
      tail = job.done;
      return job.done;
    },
  };
}

async function readIfThere(path: string): Promise<Result<Buffer | undefined>> {
  try {
    return ok(await readFile(path));
  } catch (error) {
    return codeOf(error) === "ENOENT" ? ok(undefined) : fail(reasonOf(error));
  }
}

async function writeThrough(path: string, bytes: Buffer): Promise<void> {
  const file = await openFile(path, "w", 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await openFile(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
