import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { built } from "../harness/paths.js";
import { startControlPlane } from "../harness/planes.js";
import { startNode } from "../harness/processes.js";
import { temporaryFolder } from "../harness/teardown.js";
import { until } from "../harness/until.js";

const looping = { services: { zoo: { localPort: 2_999 } }, sources: [dnsAt("127.0.0.1:2999")] };

/** A resolver that, at 2999, is the local port of a service of ours. */
function dnsAt(resolver: string) {
  return { name: "dns", type: "dns", resolvers: [resolver], names: [{ service: "find", name: "find.internal.", type: "A", port: 80 }] };
}

type Status = { degraded: { mode: string; because: string }[] };

async function runStrict(args: readonly string[]) {
  const file = join(temporaryFolder("config"), "config.yaml");
  writeFileSync(
    file,
    `id: cp\nstateDir: ${temporaryFolder("state")}\nservices: { zoo: { localPort: 2999 } }\nsources:\n  - ${JSON.stringify(looping.sources[0])}\n`,
  );
  const child = startNode(built.controlPlane, ["--config", file, ...args], { name: "strict" });
  const { code } = await child.exited;
  return { code, output: child.output() };
}

describe("a seed that needs what is served from here", () => {
  test.each([[["--strict"]], [["--strict", "--check-config"]]])("%j refuses it with its place, exit 78", async (args) => {
    const { code, output } = await runStrict(args);
    expect(output).toMatch(/config\.yaml:5:\d+: sources\[0\]\.resolvers\[0\]: 127\.0\.0\.1:2999 is the local port of service zoo: /);
    expect(code).toBe(78);
  });

  test("--strict refuses it on a reload too, and the configuration in force stays", async () => {
    const controlPlane = await startControlPlane({ services: looping.services }, { args: ["--strict"] });
    controlPlane.rewriteConfig(looping);
    const refusal = await until("the refusal to be shown", async () =>
      (await controlPlane.api<Status>("/v1/status")).degraded.find(({ mode }) => mode === "reload-refused"),
    );
    expect(refusal.because).toMatch(/config\.yaml:\d+:\d+: sources\[0\]\.resolvers\[0\]: .* local port of service zoo/);
    expect(await controlPlane.api<{ sources: unknown[] }>("/v1/sources")).toMatchObject({ sources: [] });
    controlPlane.rewriteConfig({ services: looping.services, bootWait: "20s" });
    await until("the refusal to be gone", async () => (await controlPlane.api<Status>("/v1/status")).degraded.length === 0);
  });

  test("without --strict the check says yes", async () => {
    expect(await runStrict(["--check-config"])).toMatchObject({ code: 0 });
  });

  test("without --strict it is said, counted and shown, and goes when it is mended; SIGHUP reads at once", async () => {
    const controlPlane = await startControlPlane(looping, { waitFor: "alive" });
    const degraded = async () => (await controlPlane.api<Status>("/v1/status")).degraded.find(({ mode }) => mode === "bootstrap-loop");
    expect(await degraded()).toMatchObject({ because: expect.stringContaining("local port of service zoo") });
    expect(controlPlane.process().output()).toContain("bootstrap-doubtful");
    expect(await controlPlane.metric('fairlead_bootstrap_findings{kind="loop"}')).toBe(1);
    controlPlane.rewriteConfig({ ...looping, sources: [dnsAt("127.0.0.1:2998")] });
    controlPlane.process().signal("SIGHUP");
    await until("the finding to be gone", async () => (await degraded()) === undefined);
    expect(controlPlane.process().exit()).toBeUndefined();
  });
});
