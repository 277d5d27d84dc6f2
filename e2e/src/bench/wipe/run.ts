// Plays a plan on a stage, fake or real, and judges every assignment that a client was told.

import type { EndpointStates } from "../../harness/assignment-watcher.js";
import type { Death, WipePlan } from "./plan.js";

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
  /** Every assignment published from now on. */
  watch(seen: (states: EndpointStates, atMs: number) => void): void;
}

export interface WipeResult {
  /** A live host that a client was told to leave out, for a person to look at. */
  readonly wrong: readonly string[];
  readonly dead: number;
  /** From the death of a host to its being out in what clients are told. Hosts that stayed in are not here. */
  readonly rightMs: readonly number[];
}

export async function playWipe({ events, endMs }: WipePlan, stage: WipeStage): Promise<WipeResult> {
  const judge = new Judge(stage.ids);
  stage.watch((states, atMs) => judge.published(states, atMs));
  await stage.takeAway();
  const beganMs = stage.nowMs();
  for (const event of events) {
    await stage.advance(Math.max(0, beganMs + event.atMs - stage.nowMs()));
    if (event.kind === "back") await stage.bringBack(event.sessionExpired);
    else if (event.kind === "register") await stage.register(event.host);
    else {
      judge.died(stage.ids[event.host] ?? "", stage.nowMs());
      await stage.die(event.host, event.how);
    }
  }
  await stage.advance(Math.max(0, beganMs + endMs - stage.nowMs()));
  return judge.result();
}

class Judge {
  readonly #ids: readonly string[];
  readonly #died = new Map<string, number>();
  readonly #rightMs = new Map<string, number>();
  readonly #out = new Set<string>();
  readonly #wrong: string[] = [];

  constructor(ids: readonly string[]) {
    this.#ids = ids;
  }

  died(id: string, atMs: number): void {
    this.#died.set(id, atMs);
  }

  published(states: EndpointStates, atMs: number): void {
    for (const id of this.#ids) {
      const health = states.get(id);
      const isOut = health === undefined || health === "UNHEALTHY";
      if (isOut === this.#out.has(id)) continue;
      if (isOut) this.#left(id, atMs, health ?? "absent");
      else this.#out.delete(id);
    }
  }

  result(): WipeResult {
    return { wrong: this.#wrong, dead: this.#died.size, rightMs: [...this.#rightMs.values()] };
  }

  #left(id: string, atMs: number, how: string): void {
    this.#out.add(id);
    const diedMs = this.#died.get(id);
    if (diedMs === undefined) this.#wrong.push(`${id} was ${how} at ${Math.round(atMs)} ms and is alive`);
    else if (!this.#rightMs.has(id)) this.#rightMs.set(id, Math.max(0, atMs - diedMs));
  }
}
