import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatProblem } from "@fairlead/shared";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadSettings } from "./load-settings.js";

let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "fairlead-config-"));
});
afterEach(() => rm(directory, { recursive: true }));

async function load(environment = {}) {
  const loaded = await loadSettings(join(directory, "cp.yaml"), environment);
  return {
    ...loaded,
    messages: loaded.read.ok ? [] : loaded.read.error.map(formatProblem).map((line) => line.replaceAll(`${directory}/`, "")),
  };
}

test("paths start at the file's directory, and what include names is read", async () => {
  await mkdir(join(directory, "services.d"));
  await writeFile(join(directory, "services.d/b.yaml"), "services: { cart: {} }");
  await writeFile(join(directory, "services.d/a.yaml"), "services: { shop: {} }");
  await writeFile(
    join(directory, "cp.yaml"),
    "id: a\nstateDir: ./state\ninclude: services.d/*.yaml\nsources: [ { name: f, type: file, path: lists.yaml } ]",
  );
  const { read, paths, contents } = await load();
  if (!read.ok) throw new Error(read.error.map(formatProblem).join("\n"));
  expect(read.value.settings).toMatchObject({ stateDir: join(directory, "state"), sources: [{ path: join(directory, "lists.yaml") }] });
  expect([...read.value.settings.services.keys()]).toEqual(["shop", "cart"]);
  expect(paths).toEqual([join(directory, "cp.yaml"), join(directory, "services.d/*.yaml")]);
  expect(contents.size).toBe(3);
});

test("a file that cannot be read is a problem with the file's name", async () => {
  expect((await load()).messages).toEqual(["cp.yaml:1:1: cannot be read: ENOENT: no such file or directory"]);
});

test("a directory that include names and that is missing is a problem, and still watched", async () => {
  await writeFile(join(directory, "cp.yaml"), "id: a\nstateDir: /s\ninclude: services.d/*.yaml");
  const { messages, paths } = await load();
  expect(messages).toEqual(["services.d/*.yaml:1:1: cannot be read: ENOENT: no such file or directory"]);
  expect(paths).toHaveLength(2);
});

test("include may come from the environment", async () => {
  await writeFile(join(directory, "cp.yaml"), "id: a\nstateDir: /s");
  await writeFile(join(directory, "more.yaml"), "services: { shop: {} }");
  const { read } = await load({ FAIRLEAD_INCLUDE: "more.yaml" });
  expect(read.ok && [...read.value.settings.services.keys()]).toEqual(["shop"]);
});
