import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Closable } from "../closable.js";
import { MAX_CONFIG_BYTES } from "../config/index.js";
import { FakeClock, RecordedLog } from "../testing/index.js";
import { type FileContents, readFiles } from "./read-files.js";
import { systemClock } from "./system-clock.js";
import { type WatchedFiles, watchFiles } from "./watch-files.js";

let directory = "";
let watch: Closable | undefined;
const inDirectory = (name: string) => join(directory, name);

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "fairlead-watch-"));
});
afterEach(async () => {
  await watch?.close();
  await rm(directory, { recursive: true });
});

/** Watches `paths` from what they hold now on; `next()` is the content of the next change. */
async function watching(paths: readonly string[], clock: WatchedFiles["clock"] = systemClock) {
  const seen: FileContents[] = [];
  let wake = () => {};
  const changed = (contents: FileContents) => {
    seen.push(contents);
    wake();
  };
  watch = watchFiles({ paths, known: await readFiles(paths), clock, log: new RecordedLog(), changed });
  const next = async () => {
    while (seen.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    return seen.shift();
  };
  return { seen, next };
}

/** The machine's clock, so many times as fast. */
function faster(times: number): WatchedFiles["clock"] {
  return {
    nowMs: () => systemClock.nowMs() * times,
    wallMs: () => systemClock.wallMs(),
    schedule: (delayMs, task) => systemClock.schedule(delayMs / times, task),
  };
}

const text = (contents: FileContents | undefined, path: string) => {
  const read = contents?.get(path);
  return read?.ok === true ? read.value : read?.error;
};

describe("watchFiles", () => {
  test("a file written in place is noticed", async () => {
    await writeFile(inDirectory("a.yaml"), "1");
    const { next } = await watching([inDirectory("a.yaml")]);
    await writeFile(inDirectory("a.yaml"), "2");
    expect(text(await next(), inDirectory("a.yaml"))).toBe("2");
  });

  test("a file replaced by a rename is noticed, every time", async () => {
    await writeFile(inDirectory("a.yaml"), "1");
    const { next } = await watching([inDirectory("a.yaml")]);
    for (const content of ["2", "3"]) {
      await writeFile(inDirectory("new"), content);
      await rename(inDirectory("new"), inDirectory("a.yaml"));
      expect(text(await next(), inDirectory("a.yaml"))).toBe(content);
    }
  });

  test("the swap of a ConfigMap's ..data link is noticed, every time", async () => {
    for (const version of ["1", "2", "3"]) {
      await mkdir(inDirectory(`..v${version}`));
      await writeFile(inDirectory(`..v${version}/a.yaml`), version);
    }
    await symlink("..v1", inDirectory("..data"));
    await symlink("..data/a.yaml", inDirectory("a.yaml"));
    const { next } = await watching([inDirectory("a.yaml")]);
    for (const version of ["2", "3"]) {
      await symlink(`..v${version}`, inDirectory("..data_tmp"));
      await rename(inDirectory("..data_tmp"), inDirectory("..data"));
      expect(text(await next(), inDirectory("a.yaml"))).toBe(version);
    }
  });

  test("a file that comes to match a pattern is noticed", async () => {
    const { next } = await watching([inDirectory("*.yaml")]);
    await writeFile(inDirectory("b.yaml"), "1");
    expect([...((await next())?.keys() ?? [])]).toEqual([inDirectory("b.yaml")]);
  });

  test("a file that goes is noticed, with the reason", async () => {
    await writeFile(inDirectory("a.yaml"), "1");
    const { next } = await watching([inDirectory("a.yaml")]);
    await rm(inDirectory("a.yaml"));
    expect(text(await next(), inDirectory("a.yaml"))).toBe("cannot be read: ENOENT: no such file or directory");
  });

  test("a touch without a new content, and another file, are no change", async () => {
    await writeFile(inDirectory("a.yaml"), "1");
    const { seen, next } = await watching([inDirectory("a.yaml")]);
    await writeFile(inDirectory("a.yaml"), "1");
    await writeFile(inDirectory("other.yaml"), "1");
    await writeFile(inDirectory("a.yaml"), "2");
    expect(text(await next(), inDirectory("a.yaml"))).toBe("2");
    expect(seen).toEqual([]);
  });

  test("a change made before the watch began is reported, when the caller says what it knew", async () => {
    await writeFile(inDirectory("a.yaml"), "1");
    const paths = [inDirectory("a.yaml")];
    const known = await readFiles(paths);
    await writeFile(inDirectory("a.yaml"), "2");
    const contents = await new Promise<FileContents>((resolve) => {
      watch = watchFiles({ paths, known, clock: systemClock, log: new RecordedLog(), changed: resolve });
    });
    expect(text(contents, inDirectory("a.yaml"))).toBe("2");
  });

  test("where the directory cannot be watched the poll notices, and a directory that comes is watched", async () => {
    const file = inDirectory("later/a.yaml");
    const { next } = await watching([file], faster(100));
    await mkdir(inDirectory("later"));
    await writeFile(file, "1");
    let content: string | undefined;
    // The poll may come between the directory and the file's content.
    while (content !== "1") content = text(await next(), file);
  });

  test("a directory in which something is always written does not put the change off", async () => {
    await writeFile(inDirectory("a.yaml"), "1");
    const { seen } = await watching([inDirectory("a.yaml")], faster(2));
    await writeFile(inDirectory("a.yaml"), "2");
    while (seen.length === 0) await writeFile(inDirectory("noise"), "x");
    expect(text(seen[0], inDirectory("a.yaml"))).toBe("2");
  });

  test("after close nothing is scheduled", async () => {
    const clock = new FakeClock();
    await watching([inDirectory("a.yaml")], clock);
    await watch?.close();
    expect(clock.pendingCount).toBe(0);
  });
});

describe("readFiles", () => {
  test("a pattern reads what matches, in order, without hidden files", async () => {
    for (const name of ["b.yaml", "a.yaml", "c.txt", ".d.yaml"]) await writeFile(inDirectory(name), name);
    expect([...(await readFiles([inDirectory("*.yaml")])).keys()]).toEqual([inDirectory("a.yaml"), inDirectory("b.yaml")]);
  });

  test("a pattern whose directory is missing is reported under the pattern", async () => {
    const contents = await readFiles([inDirectory("none/*.yaml")]);
    expect(contents).toEqual(
      new Map([[inDirectory("none/*.yaml"), { ok: false, error: "cannot be read: ENOENT: no such file or directory" }]]),
    );
  });

  test("a file over the limit is not read", async () => {
    await writeFile(inDirectory("a.yaml"), "x".repeat(MAX_CONFIG_BYTES + 1));
    expect(text(await readFiles([inDirectory("a.yaml")]), inDirectory("a.yaml"))).toBe(
      "4194305 bytes; a configuration file may have 4194304 at most",
    );
  });

  test("a directory is no file", async () => {
    expect(text(await readFiles([directory]), directory)).toBe("cannot be read: EISDIR: illegal operation on a directory");
  });
});
