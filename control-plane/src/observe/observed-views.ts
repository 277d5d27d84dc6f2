import { RESOURCE_TYPES } from "@fairlead/proto";
import { Cell, type Watchable } from "@fairlead/shared";
import type { ResourceSets, ViewOf } from "../xds/index.js";

/** The views of a plane that publishes nothing: every answer is withheld, with the reason, for as long as it runs. */
export function observedViews(nowMs: number): ViewOf {
  const nothing = { version: "", resources: new Map() };
  const sets: Watchable<ResourceSets> = new Cell({
    position: "",
    types: new Map(Object.values(RESOURCE_TYPES).map((url) => [url, nothing])),
    absence: () => ({ kind: "unavailable", reason: "this control plane runs in observe mode: it publishes nothing", sinceMs: nowMs }),
    complete: false,
    answerNewcomers: false,
  });
  return () => sets;
}
