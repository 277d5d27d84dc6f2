import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { startBackend } from "../harness/backend.js";
import { QUICK_CHECK, sidecarOf, untilAllAnswer } from "../harness/mesh.js";
import { built } from "../harness/paths.js";
import { startControlPlane } from "../harness/planes.js";
import { freePort } from "../harness/ports.js";
import { startNode } from "../harness/processes.js";
import { temporaryFolder } from "../harness/teardown.js";
import { until, untilEqual } from "../harness/until.js";

async function runWith(script: string, text: string | undefined, args: readonly string[] = []) {
  const file = join(temporaryFolder("config"), "config.yaml");
  if (text !== undefined) writeFileSync(file, text);
  const child = startNode(script, ["--config", file, ...args], { name: script });
  const { code } = await child.exited;
  return { code, output: child.output().replaceAll(file, "config.yaml") };
}

const minimal = "id: cp\nstateDir: /tmp/fairlead-none\n";

describe("the control plane's configuration", () => {
  test.each([
    ["an unknown key", `${minimal}adminn: {}\n`, /config\.yaml:3:1: adminn: .*admin/],
    ["a wrong type", `${minimal}bootWait: 5\n`, /config\.yaml:3:11: bootWait: .*duration/],
    ["a duplicate service", `${minimal}services:\n  shop: {}\n  shop: {}\n`, /config\.yaml:5:3: .*shop/],
    [
      "a name in a static list",
      `${minimal}sources:\n  - { name: a, type: static, services: { shop: [ { address: "host:80" } ] } }\n`,
      /config\.yaml:4:\d+: .*host:80/,
    ],
  ])("%s: one message with file, line and column, exit 78", async (_what, text, message) => {
    const { code, output } = await runWith(built.controlPlane, text);
    expect(output).toMatch(message);
    expect(code).toBe(78);
  });

  test("an unreadable file", async () => {
    const { code, output } = await runWith(built.controlPlane, undefined);
    expect(output).toContain("config.yaml");
    expect(output).toMatch(/no such file|cannot be read/);
    expect(code).toBe(78);
  });

  test("a port in use, with the place it is written at", async () => {
    const holder = await startControlPlane({});
    const { code, output } = await runWith(
      built.controlPlane,
      `id: cp\nstateDir: ${temporaryFolder("state")}\nxds: { listen: 127.0.0.1:${holder.xdsPort} }\nadmin: { listen: 127.0.0.1:${await freePort()} }\n`,
    );
    expect(output).toMatch(/config\.yaml:3:\d+: xds\.listen: cannot listen on .*another process/);
    expect(code).toBe(78);
  });

  test("--check-config says yes with 0 and no with 78, and starts nothing", async () => {
    expect((await runWith(built.controlPlane, minimal, ["--check-config"])).code).toBe(0);
    expect((await runWith(built.controlPlane, "id: 5\n", ["--check-config"])).code).toBe(78);
    expect((await runWith(built.sidecar, "node: {}\n", ["--check-config"])).code).toBe(78);
  });
});

test("a SIGHUP during the start ends nobody: it is obeyed when there is something to read again", async () => {
  const file = join(temporaryFolder("config"), "config.yaml");
  const stateDir = temporaryFolder("state");
  execFileSync("mkfifo", [file]);
  const child = startNode(built.controlPlane, ["--config", file], { name: "control plane" });
  // Opening a pipe for writing waits for its reader: from here on the program runs, and waits for its configuration.
  const pipe = await open(file, "w");
  child.signal("SIGHUP");
  await pipe.write(`id: cp\nstateDir: ${stateDir}\nxds: { listen: 127.0.0.1:0 }\nadmin: { listen: 127.0.0.1:0 }\n`);
  await pipe.close();
  await until("the control plane to start", () => child.output().includes('"started"') || undefined);
  const readAgain = await open(file, "w");
  await readAgain.close();
  expect(child.exit()).toBeUndefined();
});

test("a bad reload keeps the running configuration and shows the error; a good one clears it", async () => {
  const one = await startBackend({ name: "one" });
  const two = await startBackend({ name: "two" });
  const config = (addresses: readonly string[]) => ({
    sources: [{ name: "fixed", type: "static", services: { shop: addresses.map((address) => ({ address })) } }],
    defaults: { check: QUICK_CHECK },
  });
  const controlPlane = await startControlPlane(config([one.address]));
  const sidecar = await sidecarOf(controlPlane, ["shop"]);
  writeFileSync(controlPlane.configFile, "sources: [ {\n");
  type Status = { degraded: { mode: string; because: string }[] };
  const refusal = await until("the refusal to be shown", async () =>
    (await controlPlane.api<Status>("/v1/status")).degraded.find(({ mode }) => mode === "reload-refused"),
  );
  expect(refusal.because).toMatch(/config\.yaml:\d+:\d+/);
  expect((await controlPlane.ask("/readyz")).status).toBe(200);
  expect((await sidecar.get("shop")).status).toBe(200);
  controlPlane.rewriteConfig(config([one.address, two.address]));
  await untilAllAnswer(sidecar, "shop", ["one", "two"]);
  await untilEqual("the refusal to be gone", async () => (await controlPlane.api<Status>("/v1/status")).degraded.length, 0);
});

test("malformed HTTP from a client is answered with 400 and the connection closed; nothing reaches the backend", async () => {
  const one = await startBackend({ name: "one" });
  const controlPlane = await startControlPlane({
    sources: [{ name: "fixed", type: "static", services: { shop: [{ address: one.address }] } }],
    defaults: { check: QUICK_CHECK },
  });
  const sidecar = await sidecarOf(controlPlane, ["shop"]);
  await untilAllAnswer(sidecar, "shop", ["one"]);
  const before = one.seen().total;
  for (const raw of [
    "GET / HTTP/1.1\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
    "GET\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  ]) {
    const answer = await exchange(sidecar.ports["shop"] ?? 0, raw);
    expect(answer, JSON.stringify(raw)).toMatch(/^HTTP\/1\.1 4\d\d /);
  }
  expect(one.seen().total).toBe(before);
});

/** Everything the other side says until it closes. */
function exchange(port: number, raw: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(raw, "latin1"));
    socket.setEncoding("latin1").on("data", (text: string) => {
      answer += text;
    });
    socket.once("close", () => resolve(answer)).once("error", reject);
  });
}
