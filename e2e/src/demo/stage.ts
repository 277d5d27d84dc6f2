// What the demo runs: a control plane on file and static sources, sample backends, two sidecars and a load through each.

import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { type Backend, startBackend } from "../harness/backend.js";
import { type Load, startLoad } from "../harness/http-load.js";
import { WHOLE_RETRIES } from "../harness/mesh.js";
import { type ControlPlane, type Sidecar, startControlPlane, startSidecar } from "../harness/planes.js";
import { freePort } from "../harness/ports.js";
import { temporaryFolder } from "../harness/teardown.js";

export const SERVICES = ["shop", "cart"] as const;
export type DemoService = (typeof SERVICES)[number];

/** Quick checks, so that a person sees the effect; the defaults are calmer. */
const CHECK = { type: "http", path: "/healthz", interval: "1s", timeout: "1s", rise: 2, fall: 3 };
/** 4 loads × 60 requests a second, twice what the tour asks for. */
const REQUESTS_PER_SECOND = 60;
const CLIENTS = 8;

export interface DemoLoad {
  readonly service: DemoService;
  readonly sidecar: string;
  readonly load: Load;
}

export interface DemoSidecar {
  readonly name: string;
  readonly plane: Sidecar;
  readonly ports: Readonly<Record<DemoService, number>>;
}

/** Everything that runs, and the verbs of the tour. */
export class Stage {
  readonly sidecars: readonly DemoSidecar[];
  readonly loads: readonly DemoLoad[];
  readonly controlPlane: ControlPlane;
  /** Every backend there ever was, killed ones too. */
  readonly backends: Backend[];
  readonly #killed = new Set<Backend>();
  readonly #lists: string;
  #controlPlaneRuns = true;

  private constructor(parts: { sidecars: readonly DemoSidecar[]; controlPlane: ControlPlane; backends: Backend[]; lists: string }) {
    this.sidecars = parts.sidecars;
    this.controlPlane = parts.controlPlane;
    this.backends = parts.backends;
    this.#lists = parts.lists;
    this.loads = this.sidecars.flatMap(({ name, ports }) =>
      SERVICES.map((service) => ({
        service,
        sidecar: name,
        load: startLoad({
          port: ports[service],
          clients: CLIENTS,
          perSecond: REQUESTS_PER_SECOND,
          name: `${name}-${service}`,
          timeoutMs: 20_000,
        }),
      })),
    );
  }

  static async build(): Promise<Stage> {
    const folder = temporaryFolder("demo");
    const backends = await Promise.all(["shop-1", "shop-2", "shop-3", "cart-1", "cart-2"].map((name) => startBackend({ name })));
    const lists = join(folder, "services.yaml");
    writeList(lists, backends);
    const controlPlane = await startControlPlane({
      sources: [
        { name: "lists", type: "file", path: lists },
        { name: "fixed", type: "static", services: { cart: membersOf(backends, "cart") } },
      ],
      defaults: { check: CHECK, retries: WHOLE_RETRIES },
    });
    const sidecars = await Promise.all(["web-1", "web-2"].map((name) => startDemoSidecar(name, controlPlane.xdsAddress)));
    return new Stage({ sidecars, controlPlane, backends, lists });
  }

  get controlPlaneRuns(): boolean {
    return this.#controlPlaneRuns;
  }

  running(service: DemoService): readonly Backend[] {
    return this.backends.filter((backend) => !this.#killed.has(backend) && serviceOf(backend) === service);
  }

  /** Kills the newest running backend of `shop` with SIGKILL, requests in flight and all; it stays listed, as a crash would leave it. */
  async killBackend(): Promise<Backend | undefined> {
    const running = this.running("shop");
    const victim = running.at(-1);
    if (victim === undefined || running.length === 1) return undefined;
    this.#killed.add(victim);
    await victim.kill("SIGKILL");
    return victim;
  }

  async addBackend(): Promise<Backend> {
    const ordinal = this.backends.filter((backend) => serviceOf(backend) === "shop").length + 1;
    const backend = await startBackend({ name: `shop-${ordinal}` });
    this.backends.push(backend);
    writeList(this.#lists, this.backends);
    return backend;
  }

  async killControlPlane(): Promise<void> {
    this.#controlPlaneRuns = false;
    await this.controlPlane.kill("SIGKILL");
  }

  async startControlPlane(): Promise<void> {
    await this.controlPlane.restart("ready");
    this.#controlPlaneRuns = true;
  }
}

async function startDemoSidecar(name: string, controlPlane: string): Promise<DemoSidecar> {
  const ports = { shop: await freePort(), cart: await freePort() };
  const plane = await startSidecar({
    node: { id: name, cluster: "demo", zone: "a" },
    controlPlane: { addresses: [controlPlane] },
    upstreams: SERVICES.map((service) => ({ service, listen: `127.0.0.1:${ports[service]}` })),
  });
  return { name, plane, ports };
}

function serviceOf(backend: Backend): DemoService {
  return backend.name.startsWith("shop") ? "shop" : "cart";
}

function membersOf(backends: readonly Backend[], service: DemoService): { address: string }[] {
  return backends.filter((backend) => serviceOf(backend) === service).map(({ address }) => ({ address }));
}

/** Written beside and renamed, as a careful tool would: a reader never sees half a list. */
function writeList(path: string, backends: readonly Backend[]): void {
  writeFileSync(`${path}.new`, stringify({ services: { shop: membersOf(backends, "shop") } }));
  renameSync(`${path}.new`, path);
}
