// The tour that checks itself: faults under load, every change timed until both sidecars have it, every request accounted for.

import type { Backend } from "../harness/backend.js";
import { untilEqual } from "../harness/until.js";
import { look, type SidecarSight } from "./sight.js";
import type { DemoLoad, Stage } from "./stage.js";

export interface Change {
  readonly what: string;
  readonly reached_sidecars_ms: number;
}

export interface TourResult {
  readonly ok: boolean;
  readonly requests: number;
  readonly failed: number;
  readonly requests_per_second: number;
  readonly changes: readonly Change[];
  readonly versions: Readonly<Record<string, string>>;
  readonly problems: readonly string[];
}

/** What the tour promises. */
const MIN_REQUESTS_PER_SECOND = 100;
/** Longer than any of the clocks on the way (checks, publish, reconnect backoff), also where starting a plane takes 20 s. */
const CHANGE_TIMEOUT_MS = 60_000;

export async function tour(stage: Stage, say: (text: string) => void): Promise<TourResult> {
  const startMs = performance.now();
  const changes: Change[] = [];
  const change = async <T>(what: string, act: () => Promise<T>, reached: (sidecar: SidecarSight, result: T) => boolean): Promise<T> => {
    say(what);
    const actMs = performance.now();
    const result = await act();
    const everybody = () => everySidecar(stage, (sidecar) => reached(sidecar, result));
    await untilEqual(`both sidecars to have it: ${what}`, everybody, true, { timeoutMs: CHANGE_TIMEOUT_MS });
    changes.push({ what, reached_sidecars_ms: Math.round(performance.now() - actMs) });
    return result;
  };
  await traffic(stage, ["shop-1", "shop-2", "shop-3", "cart-1", "cart-2"], say);
  await change("kill -9 a backend", () => stage.killBackend(), isOut);
  const added = await change("add a backend", () => stage.addBackend(), isIn);
  await traffic(stage, [added.name], say);
  await change(
    "kill -9 the control plane",
    () => stage.killControlPlane(),
    ({ controlPlane }) => controlPlane.state !== "connected",
  );
  const orphan = await change(
    "kill -9 a backend meanwhile",
    () => stage.killBackend(),
    (sidecar, backend) => isOut(sidecar, backend) || isEjected(sidecar, backend),
  );
  await change(
    "bring the control plane back",
    () => stage.startControlPlane(),
    ({ controlPlane }) => controlPlane.state === "connected",
  );
  await change("the control plane takes the dead backend out", async () => orphan, isOut);
  await traffic(stage, ["shop-1", "shop-2", "cart-1", "cart-2"], say);
  return account(stage, { changes, seconds: (performance.now() - startMs) / 1_000 });
}

/** Waits until every one of these backends has answered again, through every sidecar that calls it. */
async function traffic(stage: Stage, names: readonly string[], say: (text: string) => void): Promise<void> {
  say(`traffic to ${names.join(", ")}`);
  const before = new Map(stage.loads.map((entry) => [entry, entry.load.report().byBackend] as const));
  const answered = ({ load, service }: DemoLoad, was: Readonly<Record<string, number>>) => {
    const now = load.report().byBackend;
    return names.filter((name) => name.startsWith(service)).every((name) => (now[name] ?? 0) > (was[name] ?? 0));
  };
  await untilEqual("every backend to answer", () => [...before].every(([entry, was]) => answered(entry, was)), true, {
    timeoutMs: CHANGE_TIMEOUT_MS,
  });
}

async function account(
  stage: Stage,
  { changes, seconds }: { readonly changes: readonly Change[]; readonly seconds: number },
): Promise<TourResult> {
  const reports = await Promise.all(stage.loads.map(({ load }) => load.stop()));
  const requests = reports.reduce((sum, { sent }) => sum + sent, 0);
  const failed = reports.reduce((sum, report) => sum + report.failed, 0);
  const problems = reports.flatMap(({ failures }) => failures.map(({ id, reason, afterMs }) => `${id} after ${afterMs} ms: ${reason}`));
  const seen = new Map(stage.backends.map((backend) => [backend.name, backend.seen().byId] as const));
  for (const { answered } of reports) {
    for (const [id, backend] of answered) {
      if (!seen.get(backend)?.has(id)) problems.push(`${id} was answered in the name of ${backend}, which never saw it`);
    }
  }
  const perSecond = Math.round(requests / seconds);
  if (perSecond < MIN_REQUESTS_PER_SECOND) problems.push(`${perSecond} requests a second, promised ${MIN_REQUESTS_PER_SECOND}`);
  const sight = await look(stage);
  const versions: Record<string, string> = { snapshot: sight.version ?? "" };
  for (const [name, sidecar] of sight.sidecars) {
    for (const { service, versions: of } of sidecar?.clusters ?? []) versions[`${name} ${service}`] = of.assignment ?? "";
  }
  return {
    ok: problems.length === 0 && failed === 0,
    requests,
    failed,
    requests_per_second: perSecond,
    changes,
    versions,
    problems: problems.slice(0, 20),
  };
}

async function everySidecar(stage: Stage, holds: (sidecar: SidecarSight) => boolean): Promise<boolean> {
  const { sidecars } = await look(stage);
  return [...sidecars.values()].every((sidecar) => sidecar !== undefined && holds(sidecar));
}

function endpointIn(sidecar: SidecarSight, backend: Backend | undefined) {
  const shop = sidecar.clusters.find(({ service }) => service === "shop");
  return shop?.endpoints.find(({ id }) => id === backend?.address);
}

function isOut(sidecar: SidecarSight, backend: Backend | undefined): boolean {
  const endpoint = endpointIn(sidecar, backend);
  return endpoint === undefined || endpoint.health === "unhealthy";
}

function isIn(sidecar: SidecarSight, backend: Backend | undefined): boolean {
  return endpointIn(sidecar, backend)?.health === "healthy";
}

function isEjected(sidecar: SidecarSight, backend: Backend | undefined): boolean {
  return endpointIn(sidecar, backend)?.ejected === true;
}
