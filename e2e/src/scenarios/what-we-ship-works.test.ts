import { execFile } from "node:child_process";
import { copyFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { startBackend } from "../harness/backend.js";
import { httpRequest } from "../harness/http-request.js";
import { QUICK_CHECK } from "../harness/mesh.js";
import { built, repositoryTop } from "../harness/paths.js";
import { startControlPlane, startSidecar } from "../harness/planes.js";
import { freePort } from "../harness/ports.js";
import { startNode } from "../harness/processes.js";
import { temporaryFolder } from "../harness/teardown.js";
import { untilEqual } from "../harness/until.js";

const run = promisify(execFile);
const configs = join(repositoryTop, "deploy/config");

test("every example configuration is good", async () => {
  const plane: Readonly<Record<string, string>> = {
    "control-plane.yaml": built.controlPlane,
    "control-plane-small.yaml": built.controlPlane,
    "sidecar.yaml": built.sidecar,
    "injector.yaml": join(repositoryTop, "deploy/dist/main.js"),
  };
  const examples = readdirSync(configs).filter((name) => name.endsWith(".yaml") && name !== "services.yaml");
  expect(examples.sort()).toEqual(Object.keys(plane).sort());
  for (const name of examples) {
    const child = startNode(plane[name] ?? "", ["--config", join(configs, name), "--check-config"], { name });
    expect(await child.exited, child.output()).toMatchObject({ code: 0 });
  }
});

describe("the bundles", () => {
  test("each plane is one file that runs without any package beside it", async () => {
    await run(process.execPath, [join(repositoryTop, "deploy/bundle.mjs")]);
    const folder = temporaryFolder("bundle");
    for (const name of ["control-plane", "sidecar"])
      copyFileSync(join(repositoryTop, `deploy/bundle/${name}.mjs`), join(folder, `${name}.mjs`));
    const backend = await startBackend({ name: "one" });
    const controlPlane = await startControlPlane(
      {
        sources: [{ name: "fixed", type: "static", services: { shop: [{ address: backend.address }] } }],
        defaults: { check: QUICK_CHECK },
      },
      { script: join(folder, "control-plane.mjs") },
    );
    const port = await freePort();
    await startSidecar(
      { controlPlane: { addresses: [controlPlane.xdsAddress] }, upstreams: [{ service: "shop", listen: `127.0.0.1:${port}` }] },
      { script: join(folder, "sidecar.mjs") },
    );
    await untilEqual("a request to go through both", async () => (await httpRequest({ port, path: "/" })).headers["x-backend"], "one");
  });
});

test("one port routes by Host; an unknown host is told what to add", async () => {
  const backend = await startBackend({ name: "one" });
  const controlPlane = await startControlPlane({
    sources: [{ name: "fixed", type: "static", services: { shop: [{ address: backend.address }] } }],
    defaults: { check: QUICK_CHECK },
  });
  const port = await freePort();
  await startSidecar({
    controlPlane: { addresses: [controlPlane.xdsAddress] },
    upstreams: [{ service: "shop" }],
    http: { listen: `127.0.0.1:${port}`, hosts: { "shop.internal": "shop" } },
  });
  for (const host of ["shop", "shop.internal", "shop.internal:9000"]) {
    expect((await httpRequest({ port, path: "/", headers: { host } })).headers["x-backend"], host).toBe("one");
  }
  const unknown = await httpRequest({ port, path: "/", headers: { host: "cart" } });
  expect(unknown.status).toBe(404);
  expect(JSON.parse(unknown.body)).toMatchObject({ fault: "caller" });
  expect(unknown.body).toContain("http.hosts");
});
