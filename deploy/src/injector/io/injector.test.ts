import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { IncomingHttpHeaders } from "node:http";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { systemClock } from "@fairlead/shared/io";
import { Authority, RecordedLog } from "@fairlead/shared/testing";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { podJson } from "../testing/pods.js";
import { type Injector, startInjector } from "./injector.js";
import { loadSettings } from "./load-settings.js";

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

const CONFIG = `listen: 127.0.0.1:0
tls: { cert: tls.crt, key: tls.key }
sidecar: { image: "fairlead-sidecar:0.1.0" }
controlPlane: { addresses: ["10.96.0.118:18000"] }
`;
/** More than the debounce of a file watch, less than a test's time-out. */
const FOLLOWED = { timeout: 30_000, interval: 20 };

let directory: string;
let authority: Authority;
let log: RecordedLog;
let injector: Injector | undefined;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "injector-"));
  authority = new Authority();
  log = new RecordedLog();
  await writePair(authority.issue("first"));
  await writeFile(join(directory, "injector.yaml"), CONFIG);
});

afterEach(async () => {
  await injector?.close();
  injector = undefined;
  await rm(directory, { recursive: true });
});

async function writePair(pair: { readonly cert: string; readonly key: string }): Promise<void> {
  await writeFile(join(directory, "tls.crt"), pair.cert);
  await writeFile(join(directory, "tls.key"), pair.key);
}

async function tryStart() {
  const file = join(directory, "injector.yaml");
  const { read, contents } = await loadSettings(file, {});
  if (!read.ok) throw new Error("bad settings");
  return startInjector({ file, contents, settings: read.value.settings, environment: {}, clock: systemClock, log });
}

async function start(): Promise<Injector> {
  const started = await tryStart();
  if (!started.ok) throw new Error(started.error.reason);
  injector = started.value;
  return injector;
}

interface Asked {
  readonly path?: string;
  readonly method?: string;
  readonly type?: string;
  readonly body?: string;
}

function ask({ path = "/inject", method = "POST", type = "application/json", body }: Asked): Promise<Answer> {
  const headers = body === undefined ? {} : { "content-type": type };
  const options = { host: "127.0.0.1", port: injector?.port, path, method, headers, ca: authority.pem, agent: false };
  return new Promise((resolve, reject) => {
    const asked = request(options, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, body: JSON.parse(text || "null") }));
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

function review(annotations: object): string {
  const kind = { group: "", version: "v1", kind: "Pod" };
  const object = podJson({ annotations });
  const asked = { uid: "u-7", kind, operation: "CREATE", namespace: "shop", object };
  return JSON.stringify({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", request: asked });
}

/** Whom a new connection meets. */
function serverName(): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port: injector?.port ?? 0, ca: authority.pem }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    });
    socket.on("error", reject);
  });
}

describe("over TLS", () => {
  test("a pod comes back with its patch", async () => {
    await start();
    const { status, body } = await ask({ body: review({ "fairlead.io/upstreams": "shop" }) });
    expect(status).toBe(200);
    expect(body).toMatchObject({ response: { uid: "u-7", allowed: true, patchType: "JSONPatch", patch: expect.any(String) } });
  });

  test("a refused pod is an answer, and is logged with its reason", async () => {
    await start();
    const { status, body } = await ask({ body: review({ "fairlead.io/upstreams": "Shop" }) });
    expect(status).toBe(200);
    expect(body).toMatchObject({ response: { uid: "u-7", allowed: false, status: { code: 400 } } });
    expect(log.count("pod-refused")).toBe(1);
  });

  test("who does not trust the authority gets no answer", async () => {
    await start();
    authority = new Authority();
    await expect(ask({ path: "/healthz", method: "GET" })).rejects.toThrow();
  });

  test.each<[string, Asked, number, string]>([
    ["garbage", { body: "{not json" }, 400, "Bad request"],
    ["nothing", {}, 400, "No AdmissionReview"],
    ["JSON that is no review", { body: "[]" }, 400, "No AdmissionReview"],
    ["another type", { body: "kind: AdmissionReview", type: "application/yaml" }, 415, "Bad request"],
    ["a body of more than 3 MiB", { body: JSON.stringify("x".repeat(3 * 1_048_576)) }, 413, "Bad request"],
    ["the wrong method", { method: "GET" }, 405, "Wrong method"],
    ["the wrong path", { path: "/mutate", body: "{}" }, 404, "No such route"],
  ])("%s is answered with a problem", async (_, asked, status, title) => {
    await start();
    const answer = await ask(asked);
    expect(answer).toMatchObject({ status, body: { status, title, detail: expect.any(String) } });
    expect(answer.headers["content-type"]).toContain("application/problem+json");
    if (status === 405) expect(answer.headers.allow).toBe("POST");
    expect(await ask({ path: "/healthz", method: "GET" })).toMatchObject({ status: 200, body: { ok: true } });
  });

  test("a body just under the limit is read", async () => {
    await start();
    expect(await ask({ body: review({ note: "x".repeat(3 * 1_048_576 - 1_000) }) })).toMatchObject({ status: 200 });
  });
});

describe("without a restart", () => {
  test("a renewed certificate is used for new connections", async () => {
    await start();
    expect(await serverName()).toBe("first");
    await writePair(authority.issue("second"));
    await vi.waitFor(async () => expect(await serverName()).toBe("second"), FOLLOWED);
  });

  test("a certificate without its key leaves the old one in use", async () => {
    await start();
    const { cert } = authority.issue("second");
    await writeFile(join(directory, "tls.crt"), cert);
    await vi.waitFor(() => expect(log.count("certificate-not-renewed")).toBeGreaterThan(0), FOLLOWED);
    expect(await serverName()).toBe("first");
  });

  test("a changed configuration holds from the next review on, a wrong one never", async () => {
    await start();
    await writeFile(join(directory, "injector.yaml"), `${CONFIG}upstreams: [shop]\n`);
    await vi.waitFor(() => expect(log.count("config-reloaded")).toBe(1), FOLLOWED);
    await writeFile(join(directory, "injector.yaml"), `${CONFIG}upstreams: shop\n`);
    await vi.waitFor(() => expect(log.count("config-refused")).toBe(1), FOLLOWED);
    expect(await ask({ body: review({}) })).toMatchObject({ body: { response: { patchType: "JSONPatch" } } });
  });
});

describe("what keeps it from starting names the setting", () => {
  test("a key that cannot be read", async () => {
    await rm(join(directory, "tls.key"));
    expect(await tryStart()).toMatchObject({
      ok: false,
      error: { path: ["tls", "key"], reason: expect.stringContaining("cannot be read") },
    });
  });

  test("a certificate that is none", async () => {
    await writeFile(join(directory, "tls.crt"), "none");
    expect(await tryStart()).toMatchObject({
      ok: false,
      error: { path: ["tls"], reason: expect.stringContaining("no usable certificate") },
    });
  });

  test("a port that is taken", async () => {
    const { port } = await start();
    await writeFile(join(directory, "injector.yaml"), CONFIG.replace("127.0.0.1:0", `127.0.0.1:${port}`));
    expect(await tryStart()).toMatchObject({ ok: false, error: { path: ["listen"], reason: expect.stringContaining("EADDRINUSE") } });
  });
});
