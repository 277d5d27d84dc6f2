// Which priority gets how much: Envoy's arithmetic (its documentation of priority levels, overprovisioning and panic threshold).

export interface PriorityLevel {
  /** How much of its traffic it can carry, overprovisioning counted in, at most 100. */
  readonly availablePercent: number;
  /** Share of its endpoints that may be used, of those whose health is in question. */
  readonly usablePercent: number;
  /** Nobody is in it whose health is in question. */
  readonly isEmpty: boolean;
}

export interface PriorityShare {
  /** Of the traffic, 0 to 1. */
  readonly share: number;
  /** Its verdicts are doubted: its share goes to all of it. */
  readonly isPanic: boolean;
}

/**
 * Every priority carries what it can, the next ones the rest; where all together cannot carry everything, each carries more in
 * proportion, and one with fewer usable endpoints than `panicPercent` goes to panic, while as long as they can none does.
 * `everybody`: all of them are in panic, and are one. `nobody`: nobody is usable, and panic is turned off.
 */
export function priorityShares(levels: readonly PriorityLevel[], panicPercent: number): readonly PriorityShare[] | "everybody" | "nobody" {
  const together = Math.min(
    100,
    levels.reduce((sum, { availablePercent }) => sum + availablePercent, 0),
  );
  if (together === 0) return panicPercent === 0 ? "nobody" : "everybody";
  const panics = levels.map(({ usablePercent, isEmpty }) => together < 100 && !isEmpty && usablePercent < panicPercent);
  if (levels.every(({ isEmpty }, index) => isEmpty || panics[index])) return "everybody";
  let rest = 1;
  return levels.map(({ availablePercent }, index) => {
    const share = Math.min(rest, availablePercent / together);
    rest -= share;
    return { share, isPanic: share > 0 && panics[index] === true };
  });
}
