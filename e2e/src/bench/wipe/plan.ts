// What happens in one run of the wipe bench, drawn from a seed. All times are undivided milliseconds.

import { below, type Rng } from "@fairlead/shared";

/** How a host is dead: its port refuses, or it accepts and never answers. */
export type Death = "refusing" | "silent";

/** Times count from the moment ZooKeeper is gone. */
export type WipeEvent =
  | { readonly atMs: number; readonly kind: "die"; readonly host: number; readonly how: Death }
  | { readonly atMs: number; readonly kind: "back"; readonly sessionExpired: boolean }
  | { readonly atMs: number; readonly kind: "register"; readonly host: number };

export interface WipePlan {
  readonly hosts: number;
  readonly events: readonly WipeEvent[];
  readonly endMs: number;
}

/** Of the control plane and, we may assume, of everybody who registers: the default. */
const SESSION_TIMEOUT_MS = 30_000;
/** From a reconnect to a ZooKeeper in trouble to one that goes on for minutes. */
const AWAY_MS = [3_000, 20_000, 45_000, 120_000] as const;
/**
 * From the first to the last host that registers again: all at once, over a session time-out, over one and a half. A
 * client has noticed the loss and has a new session within two, which is what the guard waits for.
 */
const RETURN_SPREAD_MS = [1_000, SESSION_TIMEOUT_MS, 1.5 * SESSION_TIMEOUT_MS] as const;
/** After the guard of a disturbed source has let go: who was lost by then would leave now. */
const AFTERWARDS_MS = 3 * SESSION_TIMEOUT_MS;

/** Draws a run with at most `hostsMost` hosts, a few of which die before they could register again. */
export function drawWipe(rng: Rng, hostsMost: number): WipePlan {
  const hosts = 10 + below(rng, hostsMost - 9);
  const awayMs = oneOf(rng, AWAY_MS);
  const spreadMs = oneOf(rng, RETURN_SPREAD_MS);
  const dead = shuffled(rng, hosts).slice(0, 1 + below(rng, Math.max(1, Math.floor(hosts / 8))));
  const events: WipeEvent[] = [{ atMs: awayMs, kind: "back", sessionExpired: rng.next() < 0.5 }];
  for (let host = 0; host < hosts; host++) {
    const returnMs = awayMs + 500 + rng.next() * spreadMs;
    if (dead.includes(host)) events.push({ atMs: rng.next() * returnMs, kind: "die", host, how: rng.next() < 0.5 ? "refusing" : "silent" });
    else events.push({ atMs: returnMs, kind: "register", host });
  }
  return { hosts, events: events.sort((one, other) => one.atMs - other.atMs), endMs: awayMs + spreadMs + AFTERWARDS_MS };
}

function oneOf<T>(rng: Rng, choices: readonly [T, ...T[]]): T {
  return choices[below(rng, choices.length)] ?? choices[0];
}

function shuffled(rng: Rng, count: number): number[] {
  const order = Array.from({ length: count }, (_, index) => [rng.next(), index] as const);
  return order.sort(([one], [other]) => one - other).map(([, index]) => index);
}
