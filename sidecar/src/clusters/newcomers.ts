// Which endpoints begin to serve, and how their share grows: what `EndpointState` says of it is decided here.

import type { EndpointState, SlowStart, UpstreamEndpoint } from "../endpoint/index.js";

/** Until a newcomer's count of requests says something: ten seconds are longer than nearly every request. */
const NEWCOMER_MS = 10_000;

/** Envoy's defaults, for endpoints whose metadata say when they began and the cluster says nothing. */
const LINEAR_FROM_A_TENTH = { aggression: 1, leastPercent: 10 };

/** A moment by both clocks. */
export interface Moment {
  /** Monotonic. */
  readonly nowMs: number;
  readonly wallMs: number;
}

export interface Arrival {
  /** What was said of the endpoint before; undefined when it was not there. */
  readonly before: UpstreamEndpoint | undefined;
  /** The service had endpoints already: who is added is new to it, and not only to a sidecar that has just started. */
  readonly isKnownService: boolean;
  readonly slowStart: SlowStart | undefined;
}

/**
 * The ramp that the control plane has recorded goes before the cluster's slow start: every sidecar sees the same one, and a
 * restart of ours begins none anew. By the cluster's, an endpoint ramps from when this sidecar sees it join, or come back from
 * being unhealthy or draining. Whoever joins or comes back is a newcomer, with a ramp or without.
 */
export function welcome(state: EndpointState, { before, isKnownService, slowStart }: Arrival, moment: Moment): void {
  const { nowMs } = moment;
  if (state.rampEndMs <= nowMs) state.rampStartMs = state.rampEndMs = 0;
  const begins = serves(state.endpoint) && (before === undefined ? isKnownService : !serves(before));
  if (begins) state.newUntilMs = nowMs + NEWCOMER_MS;
  const { ramp } = state.endpoint;
  if (ramp !== undefined) {
    if (ramp.startMs !== before?.ramp?.startMs || ramp.windowMs !== before.ramp.windowMs) followRecord(state, ramp, slowStart, moment);
  } else if (before?.ramp !== undefined) state.rampStartMs = state.rampEndMs = 0;
  else if (begins && slowStart !== undefined) setRamp(state, nowMs, slowStart.windowMs, slowStart);
}

/** A start in the future is a clock that differs from ours: it starts now. */
function followRecord(
  state: EndpointState,
  { startMs, windowMs }: { readonly startMs: number; readonly windowMs: number },
  shape: Pick<SlowStart, "aggression" | "leastPercent"> | undefined,
  { nowMs, wallMs }: Moment,
): void {
  const agoMs = Math.max(0, wallMs - startMs);
  if (agoMs >= windowMs) state.rampStartMs = state.rampEndMs = 0;
  else setRamp(state, nowMs - agoMs, windowMs, shape ?? LINEAR_FROM_A_TENTH);
}

/** A share of nothing would never be called, and so never begin: a hundredth at least. */
const LEAST_SHARE = 0.01;

function setRamp(state: EndpointState, fromMs: number, windowMs: number, shape: Pick<SlowStart, "aggression" | "leastPercent">): void {
  state.rampStartMs = fromMs;
  state.rampEndMs = fromMs + windowMs;
  state.rampFloor = Math.max(LEAST_SHARE, shape.leastPercent / 100);
  state.rampExponent = 1 / shape.aggression;
}

function serves({ health }: UpstreamEndpoint): boolean {
  return health !== "unhealthy" && health !== "draining";
}
