import type { Metrics } from "@fairlead/shared";
import type { Health } from "../health.js";
import { BRAKES } from "./brakes.js";

/** What is read when somebody scrapes. */
export function measureVerdicts(metrics: Metrics, health: Pick<Health, "held">): void {
  const held = {
    name: "health_removals_held",
    help: "Removals by health that a brake holds, by what held the first of the service.",
    labels: ["brake"],
  };
  metrics.sampled("gauge", held, () => {
    const counts = new Map<string, number>(BRAKES.map((brake) => [brake, 0]));
    for (const { brake, count } of health.held.values()) counts.set(brake, (counts.get(brake) ?? 0) + count);
    return [...counts].map(([brake, value]) => ({ labels: { brake }, value }));
  });
}
