import type { SimulatedMesh } from "../simulated-mesh.js";
import { EqualContentEqualVersion } from "./equal-content-equal-version.js";
import { FastOnAnswers } from "./fast-on-answers.js";
import { ListHistory } from "./list-history.js";
import { NoRequestIsLost } from "./no-request-is-lost.js";
import { NobodyVanishes } from "./nobody-vanishes.js";
import { SidecarCatchesUp } from "./sidecar-catches-up.js";
import { SidecarKeepsWhatItHas } from "./sidecar-keeps-what-it-has.js";
import { TheDeadAreAvoided } from "./the-dead-are-avoided.js";
import { Violations } from "./violations.js";

export { triesSpent } from "./no-request-is-lost.js";
export { differenceOf } from "./sidecar-catches-up.js";
export { timeText, type Violations } from "./violations.js";

/** Watches a mesh, from before its planes start, for everything that must never be seen. */
export function watchInvariants(mesh: SimulatedMesh): { readonly violations: Violations; readonly requests: NoRequestIsLost } {
  const violations = new Violations(() => mesh.clock.nowMs());
  const history = new ListHistory(mesh);
  const requests = new NoRequestIsLost(mesh, violations);
  mesh.observe(
    history,
    new NobodyVanishes(mesh, history, violations),
    new FastOnAnswers(mesh, history, violations),
    new EqualContentEqualVersion(violations),
    new SidecarKeepsWhatItHas(mesh, violations),
    new SidecarCatchesUp(mesh, violations),
    new TheDeadAreAvoided(mesh, violations),
    requests,
  );
  return { violations, requests };
}
