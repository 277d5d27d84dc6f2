// The control plane's file, as `--print-schema` publishes it. What a schema cannot say is in the read-*.ts files beside it.

import { PROTOCOLS, schemaParts } from "@fairlead/shared";
import Type, { type Static, type TSchema } from "typebox";
import { callingKeys } from "./calling-settings.js";
import { coordinationSchema } from "./coordination-settings.js";
import { dnsSourceSchema } from "./dns-settings.js";
import { MERGE_POLICIES, SAFETY_PRESETS, UNLISTED_POLICIES } from "./settings.js";
import { sourceName } from "./source-name.js";
import { xdsSchema } from "./xds-settings.js";
import { zooKeeperSourceSchema } from "./zookeeper-settings.js";

const { byService, choice, duration, identifier, keys, listen, oneOrMore, shortOrMap, taggedBy, weight, wholeNumber, zone } = schemaParts;

/** Beyond these the process would spend its time on configuration; each is ten times what the largest known site has. */
const LIMITS = { sources: 32, includes: 32, services: 10_000, endpoints: 100_000 };

const byServiceName = <Value extends TSchema>(value: Value, description: string) =>
  byService(value, { maxProperties: LIMITS.services, description });

export const endpointSchema = keys(
  {
    address: Type.String({ expects: "an address such as 10.0.0.1:8080", description: "ip:port; IPv6 in brackets" }),
    weight: Type.Optional(weight("Share of the traffic relative to the service's other endpoints; 0 drains. Default 100")),
    zone: Type.Optional(zone("Where it runs. Default: default")),
    instance: Type.Optional(identifier("Identity of the process behind the address; a new one at the same address means restarted")),
    metadata: Type.Optional(
      Type.Record(Type.String(), Type.String({ maxLength: 256, expects: "a text of at most 256 characters" }), {
        maxProperties: 32,
        propertyNames: { type: "string", pattern: "^.{1,64}$", expects: "a name of at most 64 characters" },
        description: "What else there is to say about it, for people: shown, never interpreted",
      }),
    ),
  },
  "One instance of the service",
);

const staticSource = keys(
  {
    name: sourceName,
    type: Type.Literal("static"),
    services: byServiceName(Type.Array(endpointSchema, { maxItems: LIMITS.endpoints }), "Endpoints by service"),
  },
  "Endpoints written in this file",
);

const fileSource = keys(
  {
    name: sourceName,
    type: Type.Literal("file"),
    path: Type.String({
      minLength: 1,
      expects: "a path",
      description: "Relative to this file's directory. Its content: services: { NAME: [ endpoints ] }",
    }),
  },
  "Endpoints written in a file of their own, read again whenever it changes",
);

const timing = {
  interval: Type.Optional(duration("Time between checks of one endpoint, at least 100ms. Default 5s")),
  fastInterval: Type.Optional(
    duration("The same after a failure, until the verdict is settled. Default 1s, or interval if that is shorter"),
  ),
  timeout: Type.Optional(duration("Silence after which a check has failed, at most interval. Default 1s, or interval if that is shorter")),
  rise: Type.Optional(wholeNumber(1, 100, "Passes in a row to be healthy again. Default 2")),
  fall: Type.Optional(wholeNumber(1, 100, "Failures in a row to be unhealthy. Default 3")),
  pauseTolerance: Type.Optional(duration("Silence that is shorter takes nobody out, whatever fall says: a process may pause. Default 2s")),
  now: Type.Optional(
    Type.Boolean({ description: "A change to this check decides at once, without being tried beside the old one. Default false" }),
  ),
  anyAddress: Type.Optional(
    Type.Boolean({
      description: "Checks link-local, multicast, broadcast and unspecified addresses too, which a registration could abuse. Default false",
    }),
  ),
};

const tcpCheck = keys({ type: Type.Literal("tcp"), ...timing }, "Opens a connection and closes it");
const template = (what: string) =>
  Type.String({
    pattern: "^([\\x20-\\x7a\\x7c\\x7e]|\\{(service|instance|ip|port)\\}){1,500}$",
    expects: "a text in which only {service}, {instance}, {ip} and {port} stand in braces",
    description: what,
  });

const headerName = { pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$", expects: "a header name" };

const httpKeys = {
  ...timing,
  path: Type.String({
    pattern: "^/[\\x21-\\x7e]{0,2000}$",
    expects: "a path such as /healthz",
    description: "What is asked for with GET",
  }),
  host: Type.Optional(
    Type.String({ pattern: "^[\\x21-\\x7e]{1,260}$", expects: "a host name", description: "Host header. Default: the service's name" }),
  ),
  status: Type.Optional(
    Type.Unsafe<string | number>({
      type: ["string", "integer"],
      pattern: "^[1-5][0-9]{2}(-[1-5][0-9]{2})?$",
      minimum: 100,
      maximum: 599,
      expects: "a status such as 200 or a range such as 200-399",
      description: "Statuses that pass: one, or a range with both ends in it. Default 200-299",
    }),
  ),
  headers: Type.Optional(
    Type.Record(
      Type.String(headerName),
      Type.String({ pattern: "^[\\x20-\\x7e]{0,1000}$", expects: "printable characters of ASCII", description: "Its value" }),
      { maxProperties: 20, description: "Headers sent beside Host" },
    ),
  ),
  body: Type.Optional(Type.String({ minLength: 1, maxLength: 1_000, description: "What the first 64 KiB of the body have to contain" })),
  identity: Type.Optional(
    keys(
      {
        header: Type.Optional(Type.String({ ...headerName, description: "The header in which an endpoint says who it is" })),
        is: Type.Optional(template("What the header says of this endpoint")),
        body: Type.Optional(template("What the body contains of this endpoint")),
      },
      "How an endpoint says that it is who it is registered as: header and is, or body. Whoever says otherwise is out at once",
    ),
  ),
};

const httpCheck = keys({ type: Type.Literal("http"), ...httpKeys }, "Sends a GET request");
const httpsCheck = keys(
  {
    type: Type.Literal("https"),
    ...httpKeys,
    serverName: Type.Optional(
      Type.String({
        pattern: "^[A-Za-z0-9._-]{1,253}$",
        expects: "a host name",
        description: "Whom the certificate has to be of. Default: host, or the service's name",
      }),
    ),
    insecure: Type.Optional(Type.Boolean({ description: "Believes any certificate. Default false" })),
  },
  "Sends a GET request over TLS",
);

const check = shortOrMap(
  choice(["none"], "Endpoints are not checked"),
  taggedBy("type", [tcpCheck, httpCheck, httpsCheck], "How endpoints are checked"),
  "How endpoints are checked: none, tcp, http or https. Default: tcp every 5s",
);

const serviceKeys = {
  protocol: Type.Optional(choice(PROTOCOLS, "What the endpoints speak. Default http1")),
  ...callingKeys,
  timeout: Type.Optional(duration("For a whole request, 1ms to 1h. Default 15s")),
  safety: Type.Optional(choice(SAFETY_PRESETS, "How long doubtful removals wait; off switches the guards off. Default standard")),
  unlisted: Type.Optional(
    choice(UNLISTED_POLICIES, "What becomes of endpoints that no source lists any more, once no guard holds them. Default remove"),
  ),
  sources: Type.Optional(
    Type.Array(sourceName, {
      minItems: 1,
      maxItems: LIMITS.sources,
      uniqueItems: true,
      description: "Which sources feed the service, in its order of priority. Default: all, in the order of sources",
    }),
  ),
  merge: Type.Optional(
    choice(MERGE_POLICIES, "Everything the sources give, or only what the first of them gives that has anybody. Default union"),
  ),
  compare: Type.Optional(
    Type.Unsafe<string>({
      ...sourceName,
      description:
        "A source that is read and never published: how it differs from what is followed is reported. none ends an inherited one",
    }),
  ),
  check: Type.Optional(check),
  retries: Type.Optional(
    keys(
      {
        attempts: Type.Optional(wholeNumber(0, 3, "Tries beyond the first. Default 1")),
        budgetPercent: Type.Optional(wholeNumber(0, 100, "Retries may be at most this share of the requests in flight. Default 20")),
        perTryTimeout: Type.Optional(
          duration(
            "For one try until its answer begins, 1ms to 1h, where there are retries. Default: none beside the timeout of the whole",
          ),
        ),
      },
      "When a request is tried again on another endpoint",
    ),
  ),
};

const service = keys(
  { ...serviceKeys, localPort: Type.Optional(wholeNumber(1, 65_535, "Port on 127.0.0.1 where Envoy listens for this service")) },
  "What differs from defaults for this service",
);

/** A service without settings may be written as its name alone: `cart:`. */
const servicesSchema = byServiceName(
  shortOrMap(Type.Null({ expects: "nothing" }), service, "What differs from defaults for this service"),
  "Services that need more than a source's listing, by name",
);

export const settingsSchema = keys(
  {
    id: identifier("Which control plane this is, unique among its replicas; changes on restart only"),
    stateDir: Type.String({
      minLength: 1,
      expects: "a directory",
      description: "Where what must survive a restart is kept; changes on restart only",
    }),
    xds: Type.Optional(xdsSchema),
    admin: Type.Optional(listen("Where people and Prometheus ask. Default 127.0.0.1:18001; changes on restart only")),
    observe: Type.Optional(
      keys(
        {
          against: Type.String({
            minLength: 1,
            expects: "http://ip:port of a control plane's admin API, or the path of a list of endpoints",
            description: "What is served: by the control plane with this admin address, or as a file such as a file source reads",
          }),
        },
        "Publish nothing: compare what would be published with what is served elsewhere; changes on restart only",
      ),
    ),
    coordination: Type.Optional(coordinationSchema),
    bootWait: Type.Optional(duration("How long /readyz waits for a source that has never spoken, up to 10m. Default 30s")),
    include: Type.Optional(
      oneOrMore(
        Type.String({
          pattern: "^[^*]*[^*/]$|^([^*]*/)?[^*/]*\\*[^*/]*$",
          expects: "a file, or a pattern such as services.d/*.yaml with one * in its last part",
        }),
        {
          maxItems: LIMITS.includes,
          description:
            "More files with a `services:` map each, one pattern or a list, relative to this file's directory; found again whenever a directory changes",
        },
      ),
    ),
    sources: Type.Optional(
      Type.Array(taggedBy("type", [staticSource, fileSource, zooKeeperSourceSchema, dnsSourceSchema], "Where endpoints come from"), {
        maxItems: LIMITS.sources,
        description: "Where endpoints come from; of two sources that give one endpoint, the earlier one's weight and zone count",
      }),
    ),
    defaults: Type.Optional(keys(serviceKeys, "For every service that does not say otherwise")),
    services: Type.Optional(servicesSchema),
  },
  "Configuration of a Fairlead control plane",
);

/** A file that `include` names. */
export const includedSchema = keys({ services: servicesSchema }, "More services of a Fairlead control plane");

/** The outside of a file source's file; its entries are checked one by one, so that a bad one costs the others nothing. */
export const serviceListsSchema = keys(
  { services: byServiceName(Type.Array(Type.Unknown(), { maxItems: LIMITS.endpoints }), "Endpoints by service") },
  "Endpoints by service",
);

export type SettingsText = Static<typeof settingsSchema>;
export type SourceText = NonNullable<SettingsText["sources"]>[number];
export type ServiceText = Static<typeof service>;
export type DefaultsText = NonNullable<SettingsText["defaults"]>;
export type CheckText = NonNullable<ServiceText["check"]>;
export type EndpointText = Static<typeof endpointSchema>;
