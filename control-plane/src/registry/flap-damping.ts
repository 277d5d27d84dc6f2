// Who comes and goes over and over is held longer on its way out, never on its way in (invariant 4): the published set stays
// calm. The arithmetic is that of RFC 2439 (a penalty that grows by a fixed amount and fades by half in a fixed time), with
// times for hosts instead of routes.

import type { EndpointId, ServiceName } from "@fairlead/shared";

/** RFC 2439 section 4.2's figure of merit, with the values routers ship: one departure is 1, a third within two half-lives is too much. */
export const FLAP = {
  perDeparture: 1_000,
  /** Above this a departure is damped. */
  damped: 2_000,
  /** The hold lasts until the penalty has faded to this. */
  forgiven: 750,
  /** Four times what is forgiven, so that a hold lasts two half-lives at most. */
  ceiling: 3_000,
} as const;

/** What has faded below this says nothing any more. */
const FORGOTTEN = 50;
/** One entry is some 150 bytes; a fleet where more than this flap at once has another problem. */
export const FLAPS_MAX = 10_000;

interface Penalty {
  readonly value: number;
  readonly halfLifeMs: number;
  /** Monotonic. */
  readonly atMs: number;
}

/** The penalty after some time. */
function faded({ value, atMs, halfLifeMs }: Penalty, nowMs: number): number {
  return halfLifeMs === 0 ? 0 : value * 2 ** (-(nowMs - atMs) / halfLifeMs);
}

/** How long a departure at this penalty is held; 0 when it is not damped. */
export function dampedForMs(penalty: number, halfLifeMs: number): number {
  return penalty > FLAP.damped ? halfLifeMs * Math.log2(penalty / FLAP.forgiven) : 0;
}

/** Penalties of endpoints that left lately, those that are gone included. Times are monotonic. */
export class FlapLedger {
  readonly #penalties = new Map<string, Penalty>();
  #forgotten = 0;

  /** Notes that an endpoint left its sources. Returns how long its removal is held for that alone. */
  departed(service: ServiceName, endpoint: EndpointId, at: { readonly nowMs: number; readonly halfLifeMs: number }): number {
    const key = keyOf(service, endpoint);
    const value = Math.min(FLAP.ceiling, this.penalty(service, endpoint, at.nowMs) + FLAP.perDeparture);
    this.#penalties.delete(key);
    this.#penalties.set(key, { value, halfLifeMs: at.halfLifeMs, atMs: at.nowMs });
    this.#limit(at.nowMs);
    return dampedForMs(value, at.halfLifeMs);
  }

  penalty(service: ServiceName, endpoint: EndpointId, nowMs: number): number {
    const penalty = this.#penalties.get(keyOf(service, endpoint));
    return penalty === undefined ? 0 : faded(penalty, nowMs);
  }

  get size(): number {
    return this.#penalties.size;
  }

  /** Penalties dropped before they had faded, because there were too many. */
  get forgotten(): number {
    return this.#forgotten;
  }

  /** The oldest go first: those that have faded, and beyond the limit those that have not. */
  #limit(nowMs: number): void {
    for (const [key, penalty] of this.#penalties) {
      const hasFaded = faded(penalty, nowMs) < FORGOTTEN;
      if (!hasFaded && this.#penalties.size <= FLAPS_MAX) return;
      this.#penalties.delete(key);
      if (!hasFaded) this.#forgotten++;
    }
  }
}

function keyOf(service: ServiceName, endpoint: EndpointId): string {
  return `${service} ${endpoint}`;
}
