// Plays a plan on a stage, fake or real, and judges every assignment that a client was told.

import type { Death, WipePlan } from "./plan.js";

/** What a client was told at one moment: health by endpoint id, in the wire's words. */
export interface Published {
  readonly atMs: number;
  readonly health: Readonly<Record<string, string>>;
}

/** Where a wipe is played. Time is undivided. */
export interface WipeStage {
  /** Endpoint ids of the hosts, all of them registered and published as healthy. */
  readonly ids: readonly string[];
  nowMs(): number;
  advance(ms: number): Promise<void>;
  /** ZooKeeper is away for the control plane, and every ephemeral goes. */
  takeAway(): Promise<void>;
  bringBack(sessionExpired: boolean): Promise<void>;
  register(host: number): Promise<void>;
  die(host: number, how: Death): Promise<void>;
  /** Every assignment published so far, in order, beginning with one that has every host in it as healthy. */
  published(): readonly Published[];
  close(): Promise<void>;
}

export interface WipeResult {
  /** Live hosts that a client was told to leave out, for a person to look at. */
  readonly wrong: readonly string[];
  readonly dead: number;
  /** From the death of a host to its being out in what clients are told. Hosts that stayed in are not here. */
  readonly rightMs: readonly number[];
}

export async function playWipe({ events, endMs }: WipePlan, stage: WipeStage): Promise<WipeResult> {
  const diedMs = new Map<string, number>();
  await stage.takeAway();
  const beganMs = stage.nowMs();
  for (const event of events) {
    await stage.advance(Math.max(0, beganMs + event.atMs - stage.nowMs()));
    if (event.kind === "back") await stage.bringBack(event.sessionExpired);
    else if (event.kind === "register") await stage.register(event.host);
    else {
      diedMs.set(stage.ids[event.host] ?? "", stage.nowMs());
      await stage.die(event.host, event.how);
    }
  }
  await stage.advance(Math.max(0, beganMs + endMs - stage.nowMs()));
  return judge(stage.ids, diedMs, stage.published());
}

function judge(ids: readonly string[], diedMs: ReadonlyMap<string, number>, published: readonly Published[]): WipeResult {
  const wrong: string[] = [];
  const rightMs: number[] = [];
  for (const id of ids) {
    const died = diedMs.get(id) ?? Number.POSITIVE_INFINITY;
    for (const { atMs, health } of published.filter((step) => step.atMs < died && isOut(step, id)))
      wrong.push(`${id} was ${health[id] ?? "absent"} at ${Math.round(atMs)} ms, ${died - atMs} ms before it died if ever`);
    const right = published.find((step) => step.atMs >= died && isOut(step, id));
    if (right !== undefined) rightMs.push(right.atMs - died);
  }
  return { wrong, dead: diedMs.size, rightMs };
}

function isOut({ health }: Published, id: string): boolean {
  return health[id] === undefined || health[id] === "UNHEALTHY";
}
