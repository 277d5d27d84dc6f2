// The sidecar's file, as `--print-schema` publishes it. What a schema cannot say is in read-settings.ts.

import { clientTls, schemaParts } from "@fairlead/shared";
import Type, { type Static } from "typebox";

const { choice, duration, identifier, keys, listen, service, shortOrMap, wholeNumber, zone } = schemaParts;

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
        {
          timeout: Type.Optional(duration("How long requests in flight may take after SIGTERM, up to 1h. Default 30s")),
          leave: Type.Optional(
            duration(
              "How long WebSockets and TCP connections may stay with an endpoint that left, up to 1h. Default 1m; changes on restart only",
            ),
          ),
        },
        "How the sidecar ends, and how it leaves an endpoint",
      ),
    ),
    accessLog: Type.Optional(
      shortOrMap(
        choice(["off", "errors", "all"], "Which requests and TCP connections get a line"),
        keys(
          {
            mode: choice(
              ["off", "errors", "sampled", "all"],
              "errors: what ended otherwise than well, and statuses from 500; sampled: these and a share of the others",
            ),
            rate: Type.Optional(
              Type.Number({ minimum: 0, maximum: 1, description: "Of sampled: the share of good requests. Default 0.01" }),
            ),
            query: Type.Optional(Type.Boolean({ description: "Whether paths are written with their query. Default false" })),
          },
          "Which requests get a line, and what is in it",
        ),
        "A line of JSON on standard output per request. Default errors; changes on restart only",
      ),
    ),
    answerHeader: Type.Optional(
      Type.Boolean({
        description:
          "Answers say x-fairlead-endpoint and x-fairlead-version, and an upstream's own are removed. Default false; changes on restart only",
      }),
    ),
    limits: Type.Optional(
      keys(
        {
          connections: Type.Optional(wholeNumber(1, 1_000_000, "Callers' connections to one listener. Default 8192")),
          bodyBytes: Type.Optional(wholeNumber(1, Number.MAX_SAFE_INTEGER, "Bytes of a request's body. Default: no limit")),
        },
        "Limits that depend on what is called; changes on restart only",
      ),
    ),
    shed: Type.Optional(
      shortOrMap(
        choice(["off", "auto"], "Whether load is shed"),
        keys(
          {
            inFlight: Type.Optional(wholeNumber(1, 1_000_000, "Requests under way. Default 8192")),
            loopDelay: Type.Optional(duration("Mean delay of the event loop, from 50ms to 1m. Default 1s")),
            heapPercent: Type.Optional(wholeNumber(20, 99, "What of the heap's limit is used. Default 90")),
          },
          "From where on load is shed",
        ),
        "New requests are answered 503 while the sidecar itself is overloaded. Default auto; changes on restart only",
      ),
    ),
  },
  "Configuration of a Fairlead sidecar",
);

export type SettingsText = Static<typeof settingsSchema>;
