// The live view as text: pure, a screen from what was seen.

import type { Sight } from "./sight.js";
import { SERVICES, type Stage } from "./stage.js";

/** Requests per endpoint and sidecar at the last frame, to show rates. */
export type Counts = ReadonlyMap<string, number>;

export function drawFrame(
  stage: Stage,
  sight: Sight,
  was: Counts,
  elapsedSeconds: number,
): { readonly lines: readonly string[]; readonly counts: Counts } {
  const counts = new Map<string, number>();
  const totals = totalsOf(stage);
  const lines = [
    `Fairlead demo      control plane: ${stage.controlPlaneRuns ? `running, snapshot ${sight.version ?? "…"}` : "STOPPED"}`,
    `requests ${totals.ok + totals.failed}    failed ${totals.failed}`,
    ...sight.degraded.map((mode) => `degraded: ${mode}`),
    "",
  ];
  for (const service of SERVICES) {
    lines.push(service);
    for (const id of endpointIds(sight, service))
      lines.push(`  ${endpointLine(stage, sight, { service, id, was, counts, elapsedSeconds })}`);
  }
  lines.push("", ...stage.sidecars.map(({ name }) => sidecarLine(name, sight)));
  return { lines, counts };
}

function endpointIds(sight: Sight, service: string): readonly string[] {
  const ids = [...sight.sidecars.values()].flatMap(
    (sidecar) =>
      sidecar?.clusters.filter((cluster) => cluster.service === service).flatMap(({ endpoints }) => endpoints.map(({ id }) => id)) ?? [],
  );
  return [...new Set(ids)].sort();
}

interface EndpointRow {
  readonly service: string;
  readonly id: string;
  readonly was: Counts;
  readonly counts: Map<string, number>;
  readonly elapsedSeconds: number;
}

function endpointLine(stage: Stage, sight: Sight, { service, id, was, counts, elapsedSeconds }: EndpointRow): string {
  const name = stage.backends.find(({ address }) => address === id)?.name ?? "?";
  const columns = [...sight.sidecars].map(([sidecar, seen]) => {
    const endpoint = seen?.clusters.find((cluster) => cluster.service === service)?.endpoints.find((candidate) => candidate.id === id);
    if (endpoint === undefined) return `${sidecar}: –`.padEnd(30);
    const key = `${sidecar} ${service} ${id}`;
    counts.set(key, endpoint.requests);
    const rate = Math.max(0, Math.round((endpoint.requests - (was.get(key) ?? endpoint.requests)) / elapsedSeconds));
    return `${sidecar}: ${endpoint.ejected ? "ejected" : endpoint.health} ${rate}/s (${endpoint.requests})`.padEnd(30);
  });
  return `${name.padEnd(8)} ${id.padEnd(17)} ${columns.join(" ")}`.trimEnd();
}

function sidecarLine(name: string, sight: Sight): string {
  const seen = sight.sidecars.get(name);
  if (seen === undefined) return `${name}: no answer`;
  const versions = seen.clusters.map(({ service, versions: { assignment }, origin }) => `${service} ${assignment ?? "–"} (${origin})`);
  return `${name}: control plane ${seen.controlPlane.state}; ${versions.join(", ")}`;
}

function totalsOf(stage: Stage): { readonly ok: number; readonly failed: number } {
  let ok = 0;
  let failed = 0;
  for (const { load } of stage.loads) {
    const report = load.report();
    ok += report.ok;
    failed += report.failed;
  }
  return { ok, failed };
}
