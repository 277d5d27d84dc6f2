/** How old the control plane's verdicts are: kept current by a stream, or as of some wall time. */
export type VerdictAge = { readonly kind: "current" } | { readonly kind: "as-of"; readonly wallMs: number };

/** Older verdicts of "unhealthy" do not count any more (invariant 10). */
const VERDICT_LIFETIME_MS = 60_000;

interface VerdictWitnesses {
  /** The stream as it is; `lostAtMs` (wall) only if it was ever there. */
  readonly stream: { readonly kind: "up" } | { readonly kind: "down"; readonly lostAtMs: number | undefined };
  /** Wall time of the save this process booted from. */
  readonly restoredFromMs: number | undefined;
}

/** Never connected and nothing restored means that there are no verdicts, which is as good as very old ones. */
export function verdictAge({ stream, restoredFromMs }: VerdictWitnesses): VerdictAge {
  if (stream.kind === "up") return { kind: "current" };
  return { kind: "as-of", wallMs: stream.lostAtMs ?? restoredFromMs ?? 0 };
}

/**
 * How long verdicts of this age still count, 0 to the whole lifetime, or undefined while they are kept current. A clock
 * that jumped (a time in the future) costs at most one lifetime.
 */
export function remainingMs(age: VerdictAge, wallMs: number): number | undefined {
  if (age.kind === "current") return undefined;
  return Math.min(VERDICT_LIFETIME_MS, Math.max(0, VERDICT_LIFETIME_MS - (wallMs - age.wallMs)));
}
