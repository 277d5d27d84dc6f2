// The injector's file, as `--print-schema` publishes it. What a schema cannot say is in read-settings.ts.

import { schemaParts } from "@fairlead/shared";
import Type, { type Static } from "typebox";
import { PULL_POLICIES } from "./injector-options.js";
import { MAX_UPSTREAMS } from "./wanted-upstreams.js";

const { choice, keys, service, wholeNumber, zone } = schemaParts;

/** Replicas of the control plane; as many as a sidecar takes. */
const MAX_ADDRESSES = 16;

const file = (description: string) => Type.String({ minLength: 1, expects: "a file", description });

const quantities = (description: string) =>
  keys(
    {
      cpu: Type.Optional(
        Type.String({ pattern: "^[0-9]+(\\.[0-9]+)?m?$", expects: "an amount such as 50m", description: "Processor time" }),
      ),
      memory: Type.Optional(
        Type.String({ pattern: "^[0-9]+(\\.[0-9]+)?([KMG]i|[kMG])?$", expects: "an amount such as 64Mi", description: "Memory" }),
      ),
    },
    description,
  );

/** The sidecar runs as an ordinary user, which may not bind lower ports everywhere. */
const port = (description: string) => wholeNumber(1_024, 65_535, description);

export const settingsSchema = keys(
  {
    listen: Type.Optional(
      Type.String({
        expects: "an address such as 0.0.0.0:8443",
        description: "Where the API server asks, over HTTPS. Default 0.0.0.0:8443; changes on restart only",
      }),
    ),
    tls: keys(
      {
        cert: file("Certificate of the webhook's name, PEM, with what it is chained to; read again whenever it changes"),
        key: file("Its private key, PEM; read again whenever it changes"),
      },
      "Who the injector is to the API server; changes on restart only",
    ),
    sidecar: keys(
      {
        image: Type.String({
          pattern: "^\\S{1,500}$",
          expects: "an image such as fairlead-sidecar:0.1.0",
          description: "Image of the sidecar",
        }),
        imagePullPolicy: Type.Optional(choice(PULL_POLICIES, "When the kubelet fetches the image. Default: as Kubernetes decides")),
        httpPort: Type.Optional(port("Where the application reaches its upstreams by Host header, on 127.0.0.1. Default 9000")),
        adminPort: Type.Optional(port("Where the kubelet probes and Prometheus asks, on every address of the pod. Default 15000")),
        resources: Type.Optional(
          keys(
            { requests: Type.Optional(quantities("What is set aside")), limits: Type.Optional(quantities("What is the most")) },
            "What the sidecar needs. Default: requests 50m and 64Mi, limit 256Mi without a processor limit",
          ),
        ),
      },
      "What every injected sidecar is",
    ),
    controlPlane: keys(
      {
        addresses: Type.Array(Type.String({ expects: "an address such as 10.96.0.118:18000" }), {
          minItems: 1,
          maxItems: MAX_ADDRESSES,
          description: "ip:port of each control plane; a Service's cluster IP is one",
        }),
      },
      "Where sidecars get their configuration",
    ),
    upstreams: Type.Optional(
      Type.Array(service("Service to call"), {
        maxItems: MAX_UPSTREAMS,
        uniqueItems: true,
        description: "For pods that name none themselves. Default: none, and such pods have no sidecar",
      }),
    ),
    zone: Type.Optional(zone("Zone of pods without the label zoneLabel. Default: the sidecar's, which is default")),
    zoneLabel: Type.Optional(
      Type.String({
        pattern: "^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$",
        expects: "a label's name",
        description: "Label of the pod that holds its zone. Default topology.kubernetes.io/zone",
      }),
    ),
  },
  "Configuration of the Fairlead injector",
);

export type SettingsText = Static<typeof settingsSchema>;
