// A whole plane under load while its backends die and return and its control plane is dead for a while or all the time. In the end
// every request is accounted for at the client, in the sidecar and at the backends, and nothing has piled up.

import { setTimeout as sleep } from "node:timers/promises";
import { seeded } from "@fairlead/shared";
import { httpRequest } from "../harness/http-request.js";
import { QUICK_CHECK, WHOLE_RETRIES } from "../harness/mesh.js";
import { type Config, type ControlPlane, type Sidecar, startControlPlane, startSidecar } from "../harness/planes.js";
import { freePort } from "../harness/ports.js";
import { until } from "../harness/until.js";
import { Backends, OF_BACKENDS, TROUBLES } from "./backends.js";
import { Clients } from "./clients.js";
import { type Books, differences, type LogLine, type Totals, totalsOf } from "./reconcile.js";
import { grown, TELLING, VitalSigns, type Vitals } from "./vitals.js";

export interface SoakOptions {
  readonly seconds: number;
  readonly sampleMs: number;
  /** When the control plane is dead: from one third to two, or from before the first request to after the last. */
  readonly controlPlaneDead: "middle-third" | "throughout";
}

export interface SoakReport extends Totals {
  readonly troubles: Readonly<Record<string, number>>;
  /** What does not add up or has grown; empty when all is well. */
  readonly problems: readonly string[];
  readonly samples: readonly Vitals[];
}

const CLIENTS = 24;
const PER_SECOND = 200;
const TROUBLE_MS = 2_000;
const CALM_MS = 1_000;
/** Beyond what there was before the load: connections to four backends that are kept for a while. */
const IDLE_DESCRIPTORS = 30;
/** Of what is sent before the load. */
const PROBE = "probe";

interface Mesh {
  readonly backends: Backends;
  readonly controlPlane: ControlPlane;
  readonly sidecar: Sidecar;
  readonly port: number;
  readonly lines: LogLine[];
  readonly signs: VitalSigns;
}

export async function soak({ seconds, sampleMs, controlPlaneDead }: SoakOptions): Promise<SoakReport> {
  const mesh = await startMesh();
  const { backends, controlPlane, sidecar, signs } = mesh;
  const isDeadThroughout = controlPlaneDead === "throughout";
  if (isDeadThroughout) await controlPlane.kill();
  const before = await signs.look();
  signs.samples.length = 0;
  const clients = new Clients({ port: mesh.port, clients: CLIENTS, perSecond: PER_SECOND });
  let isOver = false;
  const churn = (async () => {
    const kinds = isDeadThroughout ? OF_BACKENDS : TROUBLES;
    for (const rng = seeded(1); !isOver; await sleep(CALM_MS)) await backends.trouble(rng, { kinds, forMs: TROUBLE_MS });
  })();
  const samples = (async () => {
    for (; !isOver; await sleep(sampleMs)) await signs.look();
  })();
  await sleep((seconds * 1_000) / 3);
  if (!isDeadThroughout) await controlPlane.kill();
  await sleep((seconds * 1_000) / 3);
  if (!isDeadThroughout) await controlPlane.restart();
  await sleep((seconds * 1_000) / 3);
  isOver = true;
  await Promise.all([churn, samples]);
  await clients.stop();
  const { sent } = clients;
  await until("a line for every request", () => mesh.lines.length >= sent.size).catch(() => undefined);
  const books: Books = { sent, lines: mesh.lines, arrived: new Map([...backends.arrived()].filter(([id]) => id !== PROBE)) };
  const problems = [
    ...differences(books),
    ...grown(signs.samples),
    ...(await leftOver(signs, before)),
    ...(await miscounted(sidecar, sent.size)),
  ];
  return { ...totalsOf(books), troubles: backends.troubles, problems, samples: signs.samples };
}

async function startMesh(): Promise<Mesh> {
  const backends = await Backends.start();
  const controlPlane = await startControlPlane(controlConfig(backends.addresses));
  backends.onList = (addresses) => {
    controlPlane.rewriteConfig(controlConfig(addresses));
    // Who is still starting would be ended by the signal, and reads the list anyway; who is dead needs none.
    const answers = controlPlane.ask("/readyz");
    void answers.then(() => controlPlane.process().signal("SIGHUP")).catch(() => undefined);
  };
  const port = await freePort();
  const lines: LogLine[] = [];
  let signs: VitalSigns | undefined;
  const onLine = (line: string): void => {
    if (line.startsWith('{"event":"active"')) signs?.heard((JSON.parse(line) as { timers: number }).timers);
    else if (line.includes('"event":"request"') && line.includes('"requestId":"soak-')) lines.push(JSON.parse(line) as LogLine);
  };
  const sidecar = await startSidecar(
    {
      controlPlane: { addresses: [controlPlane.xdsAddress] },
      accessLog: "all",
      upstreams: [{ service: "shop", listen: `127.0.0.1:${port}` }],
    },
    { onLine, env: TELLING },
  );
  signs = new VitalSigns(sidecar);
  const answered = new Set<string>();
  await until("every backend to answer", async () => {
    answered.add(String((await httpRequest({ port, path: "/", headers: { "x-request-id": PROBE } })).headers["x-backend"]));
    return backends.names.every((name) => answered.has(name));
  });
  return { backends, controlPlane, sidecar, port, lines, signs };
}

function controlConfig(addresses: readonly string[]): Config {
  const services = { shop: addresses.map((address) => ({ address })) };
  return { sources: [{ name: "fixed", type: "static", services }], defaults: { check: QUICK_CHECK, retries: WHOLE_RETRIES } };
}

/** What stays when the load has gone. */
async function leftOver(signs: VitalSigns, before: Vitals): Promise<readonly string[]> {
  const samples = [...signs.samples];
  try {
    await until(
      `at most ${before.descriptors + IDLE_DESCRIPTORS} descriptors, and no request under way`,
      async () => (await signs.look()).descriptors <= before.descriptors + IDLE_DESCRIPTORS,
      { timeoutMs: 60_000, everyMs: 500 },
    );
    return [];
  } catch (error) {
    return [(error as Error).message];
  } finally {
    signs.samples.splice(0, signs.samples.length, ...samples);
  }
}

/** What the sidecar has counted, beside what was sent since every backend answered. */
async function miscounted(sidecar: Sidecar, sent: number): Promise<readonly string[]> {
  const dropped = await sidecar.metric('fairlead_access_log_lines_total{fate="dropped"}');
  const metrics = (await sidecar.ask("/metrics")).body;
  const ends = [...metrics.matchAll(/^fairlead_request_ends_total\{[^}]*\} (\d+)$/gm)].reduce((sum, [, count]) => sum + Number(count), 0);
  const found = (dropped ?? 0) > 0 ? [`${dropped} lines of the access log were dropped`] : [];
  // A few were sent to find out that every backend answers.
  return ends < sent ? [...found, `${ends} requests counted of ${sent}`] : found;
}
