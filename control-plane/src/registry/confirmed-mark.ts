// The mark on a service whose collapse the guards let through: whoever guards against emptiness behind us (a sidecar keeps
// what it lost for a while) need not doubt it again.

import type { Confirmation } from "../records/index.js";
import { collapses } from "./hold.js";
import type { Pass } from "./members.js";
import type { ConfirmedMark } from "./registry.js";

/** The mark after a pass: set by a collapse that a guard let through, kept until the service has recovered. */
export function markAfter(
  pass: Pass,
  {
    confirmed: was,
    members,
  }: { readonly confirmed: ConfirmedMark | undefined; readonly members: { readonly entries: ReadonlyMap<unknown, unknown> } },
  { nowMs, confirmation }: { readonly nowMs: number; readonly confirmation: Confirmation | undefined },
): ConfirmedMark | undefined {
  const before = Math.max(was?.before ?? 0, pass.staying + pass.missing);
  const through = collapses(pass.staying, pass.missing) ? pass.removals.find(({ byGuard }) => byGuard) : undefined;
  // The rest of a collapse that is let through bit by bit is the same collapse.
  if (through !== undefined) return was === undefined ? { sinceMs: nowMs, because: reasonOf(through.because, confirmation), before } : was;
  if (was === undefined) return undefined;
  return collapses(members.entries.size, was.before - members.entries.size) ? was : undefined;
}

function reasonOf(because: string, confirmation: Confirmation | undefined): string {
  return because === "an operator confirmed it" && confirmation !== undefined ? `${confirmation.author}: ${confirmation.reason}` : because;
}
