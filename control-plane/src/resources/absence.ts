// Why a name is not served: because it does not exist, or because nobody can say yet.

import { RESOURCE_TYPES } from "@fairlead/proto";
import type { ServiceName } from "@fairlead/shared";
import type { Snapshot } from "../snapshot/index.js";
import type { Absence } from "../xds/index.js";

const ENVOY_LISTENER_PREFIX = "outbound:";

/** The service that a resource of this name is of. */
export function serviceNamed(typeUrl: string, name: string): ServiceName {
  const isPrefixed = typeUrl === RESOURCE_TYPES.listener && name.startsWith(ENVOY_LISTENER_PREFIX);
  return (isPrefixed ? name.slice(ENVOY_LISTENER_PREFIX.length) : name) as ServiceName;
}

export function explainAbsence(snapshot: Snapshot, typeUrl: string, name: string): Absence {
  const service = serviceNamed(typeUrl, name);
  const withheld = snapshot.withheld.get(service);
  if (withheld !== undefined) return { kind: "unavailable", ...withheld };
  if (snapshot.complete.kind === "waiting") {
    return {
      kind: "unavailable",
      reason: `waiting for ${snapshot.complete.sources.join(", ") || "services being read"}`,
      sinceMs: snapshot.publishedAtMs,
    };
  }
  const known = snapshot.services.get(service);
  if (known !== undefined) {
    const why = known.settings.protocol === "tcp" ? ": its protocol is tcp, which gRPC has no use for" : "";
    return { kind: "not-found", reason: `service ${service} has no such resource for this kind of client${why}` };
  }
  return {
    kind: "not-found",
    // Only when somebody is told: a stream asks at every publish whether the name is still absent.
    get reason() {
      const near = nearest(service, snapshot.services.keys());
      return `no such service: ${service}${near === undefined ? "" : `; did you mean ${near}?`}`;
    },
  };
}

/** Edits a person makes by mistake. */
const EDITS_MAX = 2;
/** Names to compare with; a fleet's list of services is about this long, and the answer is for a person. */
const COMPARED_MAX = 2_000;

function nearest(name: string, known: Iterable<string>): string | undefined {
  let best: { name: string; edits: number } | undefined;
  let compared = 0;
  for (const candidate of known) {
    if (++compared > COMPARED_MAX) break;
    if (Math.abs(candidate.length - name.length) > EDITS_MAX) continue;
    const edits = editDistance(name, candidate);
    if (edits <= EDITS_MAX && (best === undefined || edits < best.edits)) best = { name: candidate, edits };
  }
  return best?.name;
}

/** Levenshtein distance, one row at a time. */
function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}
