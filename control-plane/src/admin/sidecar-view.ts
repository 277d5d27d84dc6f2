// Who is connected, and what each one subscribed to, was sent, accepted and refused.

import type { FleetChanges, FleetStream, FleetType } from "../fleet/index.js";
import type { AdminState } from "./state.js";
import { ageSeconds, iso } from "./time.js";

export function sidecarsView({ fleet, clock }: AdminState) {
  return { sidecars: fleet.nodes.map((stream) => streamView(stream, clock.wallMs())) };
}

export function streamsOf({ fleet, clock }: AdminState, node: string) {
  return fleet.streamsOf(node).map((stream) => streamView(stream, clock.wallMs()));
}

function streamView(stream: FleetStream, nowMs: number) {
  const { nodeId, cluster, zone, userAgent, peer, identity, variant, connectedAtMs, ended, types, changes } = stream;
  return {
    node: nodeId,
    cluster,
    zone,
    client: userAgent,
    peer,
    ...(identity === undefined ? {} : { identity }),
    variant,
    connected: ended === undefined,
    connectedAt: iso(connectedAtMs),
    ...(ended === undefined ? {} : { disconnectedAt: iso(ended.atMs), disconnectedBecause: ended.reason }),
    types: types.map((type) => typeView(type, nowMs)),
    ...(changes === undefined ? {} : { changes: changesView(changes) }),
  };
}

function changesView({ last: { typeUrl, eventAtMs, ...times }, count, summary }: FleetChanges) {
  return { count, last: { type: shortType(typeUrl), eventAt: iso(eventAtMs), ...times }, eventToAck: summary };
}

function shortType(typeUrl: string): string {
  return typeUrl.slice(typeUrl.lastIndexOf(".") + 1);
}

function typeView({ typeUrl, subscribed, sent, acked, nack, unansweredMs }: FleetType, nowMs: number) {
  const at = (event: { readonly version: string; readonly atMs: number }) => ({
    version: event.version,
    at: iso(event.atMs),
    ageSeconds: ageSeconds(event.atMs, nowMs),
  });
  return {
    type: shortType(typeUrl),
    wildcard: subscribed.wildcard,
    subscribed: subscribed.names,
    subscribedCount: subscribed.count,
    ...(sent === undefined ? {} : { sent: at(sent) }),
    ...(acked === undefined ? {} : { acked: at(acked) }),
    ...(unansweredMs === undefined ? {} : { unackedSeconds: Math.round(unansweredMs / 100) / 10 }),
    ...(nack === undefined ? {} : { lastNack: { reason: nack.reason, resources: nack.resources, count: nack.count, ...at(nack) } }),
  };
}
