import { newMetrics, type Watchable } from "@fairlead/shared";
import { RecordedLog } from "@fairlead/shared/testing";
import type { Snapshot } from "../../snapshot/index.js";
import { Views } from "../views.js";

/** Views of a snapshot, with nobody listening to what they say. */
export function viewsOf(snapshot: Watchable<Snapshot>): Views {
  return new Views({ snapshot, log: new RecordedLog(), metrics: newMetrics() });
}
