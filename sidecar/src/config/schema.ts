// The sidecar's file, as `--print-schema` publishes it. What a schema cannot say is in read-settings.ts.

import { clientTls, schemaParts } from "@fairlead/shared";
import Type, { type Static } from "typebox";

const { duration, identifier, keys, listen, service, zone } = schemaParts;

/** An application that calls more services than this wants another design; each costs a subscription and memory. */
const MAX_UPSTREAMS = 1_000;
const MAX_HOSTS = 10_000;
/** Replicas of the control plane. */
const MAX_ADDRESSES = 16;

const listenAddress = (description: string) => Type.String({ expects: "an address such as 127.0.0.1:9000", description });

export const settingsSchema = keys(
  {
    node: keys(
      {
        id: identifier("Which sidecar this is, unique in the fleet; changes on restart only"),
        cluster: Type.Optional(identifier("What it belongs to: usually the application's name. Default: the id; changes on restart only")),
        zone: Type.Optional(zone("Where it runs; endpoints of its zone may be preferred. Default: default; changes on restart only")),
      },
      "Who this sidecar is to the control plane",
    ),
    controlPlane: keys(
      {
        addresses: Type.Array(Type.String({ expects: "an address such as 10.0.0.9:18000" }), {
          minItems: 1,
          maxItems: MAX_ADDRESSES,
          description: "ip:port of each control plane, tried in order, then round again; changes on restart only",
        }),
        tls: Type.Optional(
          clientTls(
            { servers: "the control planes'", host: "the address it connects to" },
            "TLS to the control planes; the files are read again at every connection. Without it connections are plain; changes on restart only",
          ),
        ),
      },
      "Where configuration comes from",
    ),
    stateDir: Type.String({
      minLength: 1,
      expects: "a directory",
      description: "Where the last known good state is kept; changes on restart only",
    }),
    admin: Type.Optional(listen("Where people and Prometheus ask. Default 127.0.0.1:15000; changes on restart only")),
    upstreams: Type.Array(
      keys(
        {
          service: service("Service to call, as the control plane names it"),
          listen: Type.Optional(listenAddress("Local address of its own; without one it is reached through http.listen only")),
        },
        "A service the application calls",
      ),
      { maxItems: MAX_UPSTREAMS, description: "Exactly what the sidecar subscribes to" },
    ),
    http: Type.Optional(
      keys(
        {
          listen: listenAddress("Local address where the Host header chooses the service; changes on restart only"),
          hosts: Type.Optional(
            Type.Record(Type.String(), service("Service of the upstreams that gets the request"), {
              propertyNames: {
                type: "string",
                pattern: "^[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$",
                expects: "a host name without a port",
              },
              maxProperties: MAX_HOSTS,
              description: "Service by Host header; an upstream's own name always works",
            }),
          ),
        },
        "One port for every upstream",
      ),
    ),
    drain: Type.Optional(
      keys(
        { timeout: Type.Optional(duration("How long requests in flight may take after SIGTERM, up to 1h. Default 30s")) },
        "How the sidecar ends",
      ),
    ),
  },
  "Configuration of a Fairlead sidecar",
);

export type SettingsText = Static<typeof settingsSchema>;
