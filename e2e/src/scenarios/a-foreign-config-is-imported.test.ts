import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { startBackend } from "../harness/backend.js";
import { sidecarOf, untilAllAnswer } from "../harness/mesh.js";
import { built } from "../harness/paths.js";
import { startControlPlane } from "../harness/planes.js";
import { startNode } from "../harness/processes.js";
import { temporaryFolder } from "../harness/teardown.js";
import { until } from "../harness/until.js";

async function runImport(args: readonly string[], script = built.controlPlane) {
  const child = startNode(script, ["import", ...args], { name: "import" });
  const { code } = await child.exited;
  return { code, output: child.output() };
}

/** What a file says, put where the program finds it. */
function fileWith(name: string, text: string): string {
  const file = join(temporaryFolder("import"), name);
  writeFileSync(file, text);
  return file;
}

type Service = { members: { id: string }[] };

describe("the file of another program", () => {
  test.each([
    [
      "haproxy.cfg",
      (address: string) =>
        `defaults\n  mode http\n  timeout server 5s\n  log global\nbackend shop\n  option httpchk GET /healthz\n  default-server inter 200 check\n  server one ${address} weight 5\n`,
      /haproxy\.cfg:4: left out: log global: /,
    ],
    [
      "synapse.json",
      (address: string) => {
        const [host, port] = address.split(":");
        const haproxy = { server_options: "check inter 200", listen: ["mode http"] };
        return JSON.stringify({ services: { shop: { default_servers: [{ host, port: Number(port) }], haproxy, leader_election: true } } });
      },
      /synapse\.json:1:\d+: services\.shop\.leader_election: left out: leader_election: /,
    ],
  ])("%s becomes a configuration whose endpoints are served", async (name, textWith, leftOut) => {
    const backend = await startBackend({ name: "one" });
    const out = join(temporaryFolder("imported"), "cp.yaml");
    const { code, output } = await runImport([fileWith(name, textWith(backend.address)), "--out", out]);
    expect(output).toMatch(leftOut);
    expect(code).toBe(3);
    // What listens where and the state folder are the harness's; everything else is as it was written.
    const { stateDir: _, ...imported } = parse(readFileSync(out, "utf8")) as Record<string, unknown>;
    const controlPlane = await startControlPlane(imported);
    const endpoint = await until(
      "the endpoint to be listed",
      async () => (await controlPlane.api<Service>("/v1/services/shop")).members[0],
    );
    expect(endpoint.id).toBe(backend.address);
    const sidecar = await sidecarOf(controlPlane, ["shop"]);
    await untilAllAnswer(sidecar, "shop", ["one"]);
  });

  test("what says everything ends with 0, on the standard output, and passes the check", async () => {
    const { code, output } = await runImport([fileWith("haproxy.cfg", "backend shop\n  server one 10.0.0.1:80\n")]);
    expect(code).toBe(0);
    const check = startNode(built.controlPlane, ["--check-config", "--config", fileWith("cp.yaml", output)], { name: "check" });
    expect((await check.exited).code).toBe(0);
  });

  test("what cannot be read or written says so, with its place and a code of its own", async () => {
    const bad = fileWith("haproxy.cfg", "backend shop\n  server 'one 10.0.0.1:80\n");
    expect(await runImport([bad])).toMatchObject({ code: 65, output: expect.stringMatching(/haproxy\.cfg:2: a quote ' is opened/) });
    expect(await runImport([`${bad}.not`])).toMatchObject({ code: 66, output: expect.stringContaining("cannot be read") });
    const good = fileWith("haproxy.cfg", "backend shop\n  server one 10.0.0.1:80\n");
    expect(await runImport([good, "--out", good])).toMatchObject({ code: 73, output: expect.stringContaining("is there already") });
    const folder = join(temporaryFolder("import"), "folder.cfg");
    mkdirSync(folder);
    expect(await runImport([folder])).toMatchObject({ code: 66 });
    expect(await runImport([good], built.sidecar)).toMatchObject({ code: 64, output: expect.stringContaining('unexpected "import"') });
  });
});
