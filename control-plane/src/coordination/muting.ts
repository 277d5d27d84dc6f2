// Who is more likely broken than right: a checker that alone finds many endpoints unhealthy.

import type { Words } from "./message.js";

/** Fewer than this many, or a smaller share of what it checks, may be true. */
const MUTE_FROM = 5;
const MUTE_SHARE = 0.2;
/** Longer than a check takes at worst: the others had the time to see it too. */
const ALONE_MS = 10_000;
/** A checker that was muted has to agree this long. */
const AGREE_MS = 60_000;

export interface Speaker {
  readonly id: string;
  readonly words: Words;
}

export interface Lonely {
  /** Endpoints that it alone finds unhealthy while `against` others find them healthy. */
  readonly count: number;
  readonly of: number;
}

interface Standing {
  aloneSinceMs: number | undefined;
  agreesSinceMs: number | undefined;
  muted: { readonly because: string; readonly sinceMs: number } | undefined;
}

export class Muting {
  readonly #standings = new Map<string, Standing>();

  /** @param nowMs monotonic; @param wallMs of the same moment */
  look(id: string, { count, of }: Lonely, { nowMs, wallMs }: { readonly nowMs: number; readonly wallMs: number }): Standing["muted"] {
    const standing = this.#standings.get(id) ?? { aloneSinceMs: undefined, agreesSinceMs: undefined, muted: undefined };
    this.#standings.set(id, standing);
    if (count < MUTE_FROM || count <= MUTE_SHARE * of) {
      standing.aloneSinceMs = undefined;
      standing.agreesSinceMs ??= nowMs;
      if (nowMs - standing.agreesSinceMs >= AGREE_MS) standing.muted = undefined;
      return standing.muted;
    }
    standing.agreesSinceMs = undefined;
    standing.aloneSinceMs ??= nowMs;
    if (nowMs - standing.aloneSinceMs >= ALONE_MS)
      standing.muted ??= { because: `it alone finds ${count} of ${of} endpoints unhealthy`, sinceMs: wallMs };
    return standing.muted;
  }

  keepOnly(ids: ReadonlySet<string>): void {
    for (const id of this.#standings.keys()) if (!ids.has(id)) this.#standings.delete(id);
  }
}

/** How many endpoints `speaker` alone finds unhealthy, while at least `against` others find them healthy. */
export function lonelyOf(speaker: Speaker, others: readonly Speaker[], against: number, sizeOf: (service: string) => number): Lonely {
  let count = 0;
  let of = 0;
  for (const [service, { of: means, but }] of speaker.words) {
    of += sizeOf(service);
    for (const [id, { status }] of Object.entries(but)) {
      if (status !== "unhealthy") continue;
      const words = others.flatMap(({ words: all }) => all.get(service) ?? []);
      const well = words.filter((word) => word.but[id] === undefined && word.of === means).length;
      if (well >= against && words.every((word) => word.but[id]?.status !== "unhealthy")) count += 1;
    }
  }
  return { count, of };
}
