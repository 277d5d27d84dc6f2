// When malformed members are the source's fault: one is somebody's mistake and costs the others nothing, many are a format we do not know. What
// cannot be read does not say that a process is gone, so nothing is removed then (invariant 2).

/** Beyond half it is likelier that writer and reader disagree about the format than that all these members are broken. */
const MOST = 0.5;

/** A roll-out of another format makes one member after the other unreadable: it must show before half of the service is out. */
const SUDDEN = {
  /** More than a person's mistakes in one place. */
  atLeast: 3,
  /** Of all members: what a service with spare capacity can miss. */
  share: 0.2,
  /** Those who live with unreadable members must be able to remove others again: the time that a doubtful shrink is held, too. */
  forMs: 300_000,
};

export interface MemberCounts {
  readonly members: number;
  readonly malformed: number;
}

/** What is remembered of a path between two looks at it. */
export interface MalformedMemory {
  /** As many malformed members are nothing new. */
  readonly usual: number;
  /** Since when there are more than that. */
  readonly aboveSinceMs?: number;
  /** An operator said that most of them being so is meant. */
  readonly accepted?: true;
}

export interface MalformedVerdict {
  readonly memory: MalformedMemory;
  /** Why the source is at fault, in words that follow "n of m members are malformed". */
  readonly fault?: string;
  /** When time alone changes the verdict. */
  readonly untilMs?: number;
}

/**
 * Judges a path that was read whole. `memory` is undefined at the first look, which knows no usual: whoever restarts in the
 * middle of a roll-out must not take it for that.
 */
export function judgeMalformed({ members, malformed }: MemberCounts, memory: MalformedMemory | undefined, nowMs: number): MalformedVerdict {
  const most = malformed > members * MOST;
  const next = {
    ...remembered(malformed, memory ?? { usual: 0 }, nowMs),
    ...(most && memory?.accepted ? { accepted: true as const } : {}),
  };
  if (most && !next.accepted) {
    return { memory: next, fault: "most of them, so the source is at fault: nothing is removed until they can be read" };
  }
  const more = malformed - next.usual;
  if (next.aboveSinceMs === undefined || more < SUDDEN.atLeast || more < members * SUDDEN.share) return { memory: next };
  return {
    memory: next,
    fault: `${more} of them of late, as if the format had changed: nothing is removed for up to ${SUDDEN.forMs / 60_000} minutes`,
    untilMs: next.aboveSinceMs + SUDDEN.forMs,
  };
}

/** The memory after an operator said that the malformed members are what they should be: from now on only more of them are news. */
export function acceptMalformed(malformed: number): MalformedMemory {
  return { usual: malformed, accepted: true };
}

function remembered(malformed: number, memory: MalformedMemory, nowMs: number): MalformedMemory {
  if (malformed <= memory.usual) return { usual: malformed };
  const aboveSinceMs = memory.aboveSinceMs ?? nowMs;
  return nowMs - aboveSinceMs >= SUDDEN.forMs ? { usual: malformed } : { usual: memory.usual, aboveSinceMs };
}
