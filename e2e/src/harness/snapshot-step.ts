/** What a client was told about a service at one moment. */
export type SnapshotStep = {
  /** By performance.now(). */
  readonly atMs: number;
  /** The position of the snapshot it came from, epoch and version (system_version_info). */
  readonly position: string;
  /** The assignment's own version; "removed" when the service was taken away. */
  readonly version: string;
  /** HEALTHY, UNHEALTHY or DRAINING by ip:port. */
  readonly health: Readonly<Record<string, string>>;
  /** All that are listed, sorted. */
  readonly addresses: readonly string[];
  /** Those a client would send to, sorted. */
  readonly usable: readonly string[];
};

/** Few enough to read when an assertion fails. */
const shownSteps = 40;
const shownChanges = 12;

/** The newest steps as text: when, how many, and what came, went or changed its health. */
export function stepsText(steps: readonly SnapshotStep[]): string {
  const startMs = steps[0]?.atMs ?? 0;
  const lines = steps.map((step, at) => {
    const before = steps[at - 1]?.health ?? {};
    const came = step.addresses.filter((address) => before[address] === undefined).map((address) => `+${address}`);
    const went = Object.keys(before)
      .filter((address) => step.health[address] === undefined)
      .map((address) => `-${address}`);
    const turned = step.addresses
      .filter((address) => before[address] !== undefined && before[address] !== step.health[address])
      .map((address) => `${address}=${step.health[address]}`);
    const all = [...came, ...went, ...turned];
    const more = all.length > shownChanges ? ` and ${all.length - shownChanges} more` : "";
    const counts = `${step.addresses.length} listed, ${step.usable.length} usable`;
    return `${Math.round(step.atMs - startMs)} ms ${step.position} ${step.version.slice(0, 12)}: ${counts}; ${all.slice(0, shownChanges).join(" ")}${more}`;
  });
  const left = lines.length - shownSteps;
  return [...(left > 0 ? [`(${left} earlier steps)`] : []), ...lines.slice(-shownSteps)].join("\n");
}
