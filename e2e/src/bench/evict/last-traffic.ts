import { type EvictStage, givenTo, look, type Member } from "./stage.js";

const LOOK_EVERY_MS = 10;
/** An endpoint that the control plane has taken out is looked at for this long: long enough for a probe of an ejection. */
const WATCHED_AFTER_OUT_MS = 2_500;
const GIVE_UP_MS = 20_000;

/**
 * Lets something happen to endpoints and finds out how long after it the last request was given to one of them: sent, or
 * tried in vain. The sidecar's own counters say it, looked at every 10 ms.
 * @returns milliseconds from the fact to the last request; the time-out itself when requests never ceased
 */
export async function lastTrafficMs(stage: EvictStage, members: readonly Member[], fact: () => Promise<void>): Promise<number> {
  const ids = members.map(({ backend }) => backend.address);
  const factMs = performance.now();
  await fact();
  let given = total(await look(stage), ids);
  let lastMs = factMs;
  let outSinceMs: number | undefined;
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    const seen = await look(stage);
    const nowMs = performance.now();
    const present = ids.filter((id) => seen.has(id));
    const isOut = present.every((id) => seen.get(id)?.health === "unhealthy");
    // Who is gone from the list cannot be counted any more, nor be given anything: a change of who is there begins anew.
    const now = total(seen, ids);
    if (now > given) lastMs = nowMs;
    given = now;
    outSinceMs = isOut ? (outSinceMs ?? nowMs) : undefined;
    if (outSinceMs !== undefined && nowMs - outSinceMs > WATCHED_AFTER_OUT_MS) return lastMs - factMs;
    if (nowMs - factMs > GIVE_UP_MS) return GIVE_UP_MS;
  }
}

function total(seen: Awaited<ReturnType<typeof look>>, ids: readonly string[]): number {
  return ids.reduce((sum, id) => sum + givenTo(seen.get(id)), 0);
}
