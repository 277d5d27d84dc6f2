import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatProblem } from "@fairlead/shared";
import { expect, test } from "vitest";
import { loadSettings } from "./load-settings.js";

test("a file that cannot be read is a problem; one that can gives settings with paths that start at its directory", async () => {
  const directory = await mkdtemp(join(tmpdir(), "fairlead-config-"));
  const file = join(directory, "sc.yaml");
  const missing = await loadSettings(file, {});
  expect(missing.read.ok ? [] : missing.read.error.map(formatProblem)).toEqual([
    `${file}:1:1: cannot be read: ENOENT: no such file or directory`,
  ]);
  await writeFile(file, 'node: { id: a }\ncontrolPlane: { addresses: ["10.0.0.9:1"] }\nstateDir: state\nupstreams: []');
  const loaded = await loadSettings(file, {});
  expect(loaded.read.ok && loaded.read.value.settings.stateDir).toBe(join(directory, "state"));
  expect(loaded.paths).toEqual([file]);
  await rm(directory, { recursive: true });
});
