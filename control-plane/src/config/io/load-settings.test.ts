import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatProblem } from "@fairlead/shared";
import { systemClock, watchFiles } from "@fairlead/shared/io";
import { RecordedLog } from "@fairlead/shared/testing";
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

test("include takes several patterns, and not the file it stands in", async () => {
  await mkdir(join(directory, "a"));
  await writeFile(join(directory, "a/one.yaml"), "services: { shop: {} }");
  await writeFile(join(directory, "two.yaml"), "services: { cart: {} }");
  await writeFile(join(directory, "cp.yaml"), "id: a\nstateDir: /s\ninclude: [a/*.yaml, '*.yaml']");
  const { read, paths } = await load();
  expect(read.ok && [...read.value.settings.services.keys()]).toEqual(["shop", "cart"]);
  expect(paths).toHaveLength(3);
});

test("a service in two included files is refused with both places", async () => {
  await writeFile(join(directory, "a.yaml"), "services: { shop: {} }");
  await writeFile(join(directory, "b.yaml"), "services:\n  cart: {}\n  shop: {}");
  await writeFile(join(directory, "cp.yaml"), "id: a\nstateDir: /s\ninclude: [a.yaml, b.yaml]");
  expect((await load()).messages).toEqual(["b.yaml:3:3: services.shop: defined twice; first at a.yaml:1:13"]);
});

test("a thousand included files are read", async () => {
  await mkdir(join(directory, "many"));
  const names = Array.from({ length: 1_000 }, (_, index) => `s${index}`);
  await Promise.all(names.map((name) => writeFile(join(directory, `many/${name}.yaml`), `services: { ${name}: {} }`)));
  await writeFile(join(directory, "cp.yaml"), "id: a\nstateDir: /s\ninclude: many/*.yaml");
  const { read, contents } = await load();
  expect(read.ok && read.value.settings.services.size).toBe(1_000);
  expect(contents.size).toBe(1_001);
});

/** A directory as Kubernetes mounts a ConfigMap: files are links into `..data`, a link that is swapped in one step. */
async function configMap(name: string, files: Readonly<Record<string, string>>) {
  const mount = join(directory, name);
  await mkdir(mount, { recursive: true });
  let version = 0;
  const swap = async (texts: Readonly<Record<string, string>>) => {
    version += 1;
    await mkdir(join(mount, `..v${version}`));
    for (const [file, text] of Object.entries(texts)) await writeFile(join(mount, `..v${version}`, file), text);
    await symlink(`..v${version}`, join(mount, "..data_tmp"));
    await rename(join(mount, "..data_tmp"), join(mount, "..data"));
  };
  await swap(files);
  for (const file of Object.keys(files)) await symlink(`..data/${file}`, join(mount, file));
  return { swap, mount };
}

/** Resolves once what the configuration was read from has changed. */
function changed(paths: readonly string[], known: Awaited<ReturnType<typeof load>>["contents"]): Promise<void> {
  return new Promise((resolve) => {
    const watch = watchFiles({
      paths,
      known,
      clock: systemClock,
      log: new RecordedLog(),
      changed: () => {
        void watch.close();
        resolve();
      },
    });
  });
}

test("the swap of a ConfigMap is seen, of the file itself", async () => {
  const { swap, mount } = await configMap("etc", { "cp.yaml": "id: a\nstateDir: /s\nservices: { shop: {} }" });
  const file = join(mount, "cp.yaml");
  const before = await loadSettings(file, {});
  const seen = changed(before.paths, before.contents);
  await swap({ "cp.yaml": "id: a\nstateDir: /s\nservices: { cart: {} }" });
  await seen;
  const { read } = await loadSettings(file, {});
  expect(read.ok && [...read.value.settings.services.keys()]).toEqual(["cart"]);
});

test("the swap of a ConfigMap is seen, of what include names", async () => {
  const { swap } = await configMap("services.d", { "a.yaml": "services: { shop: {} }" });
  await writeFile(join(directory, "cp.yaml"), "id: a\nstateDir: /s\ninclude: services.d/*.yaml");
  const before = await load();
  const seen = changed(before.paths, before.contents);
  await swap({ "a.yaml": "services: { cart: {} }" });
  await seen;
  const { read } = await load();
  expect(read.ok && [...read.value.settings.services.keys()]).toEqual(["cart"]);
});
