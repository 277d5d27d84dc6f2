// How several control planes share what their checks found: what may be written, and what it means.

import { type Cursor, durationIn, durationText, schemaParts, splitHostPort } from "@fairlead/shared";
import Type, { type Static } from "typebox";

const { choice, duration, keys } = schemaParts;

const MAX_SERVERS = 32;
const SESSION_TIMEOUT = { minMs: 1_000, maxMs: 300_000 };
const SESSION_TIMEOUT_MS = 10_000;

export interface CoordinationSettings {
  readonly servers: readonly string[];
  /** Absolute znode path, the same for all replicas. */
  readonly path: string;
  /** Where this control plane checks from, for people. */
  readonly zone: string;
  readonly sessionTimeoutMs: number;
  /** Whether a checker that alone finds many endpoints unhealthy loses its vote. */
  readonly muting: boolean;
}

export const coordinationSchema = keys(
  {
    servers: Type.Array(Type.String({ expects: "host:port", description: "A server of the ensemble, as host:port" }), {
      minItems: 1,
      maxItems: MAX_SERVERS,
      description: "The ZooKeeper ensemble",
    }),
    path: Type.String({
      pattern: "^(/[^/]+)+$",
      expects: "a znode path such as /fairlead",
      description: "Znode below which the replicas meet, the same for all; made where it is not there",
    }),
    zone: Type.Optional(Type.String({ minLength: 1, expects: "a zone", description: "Where this one checks from. Default `default`" })),
    sessionTimeout: Type.Optional(duration("How long a replica that is gone stays known, 1s-5m. Default 10s")),
    muting: Type.Optional(
      choice(["on", "off"], "Whether a checker that alone finds more than a fifth of all endpoints unhealthy loses its vote. Default on"),
    ),
  },
  "Several control planes that vote on the health of endpoints, through ZooKeeper; absent, this one decides alone. Changes on restart only",
);

export function readCoordination(text: Static<typeof coordinationSchema>, cursor: Cursor): CoordinationSettings {
  const { servers, path, zone, sessionTimeout, muting } = text;
  for (const [index, server] of servers.entries()) {
    const parts = splitHostPort(server);
    if (!parts.ok) cursor.down("servers", index).refuse(parts.error);
  }
  const sessionTimeoutMs =
    sessionTimeout === undefined ? SESSION_TIMEOUT_MS : durationIn(cursor.down("sessionTimeout"), sessionTimeout, SESSION_TIMEOUT);
  return { servers, path, zone: zone ?? "default", sessionTimeoutMs, muting: muting !== "off" };
}

/** In the file's own shape. */
export function coordinationTree({ servers, path, zone, sessionTimeoutMs, muting }: CoordinationSettings): unknown {
  return { servers, path, zone, sessionTimeout: durationText(sessionTimeoutMs), muting: muting ? "on" : "off" };
}
