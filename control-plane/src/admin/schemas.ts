// One schema is type, validation and OpenAPI.

import Type from "typebox";
import { CheckChange, EndpointHealth, HealthLedger, HeldByHealth, ServiceCallers } from "./health-schemas.js";
import { loadSummary } from "./load-schemas.js";

const Time = Type.String({ format: "date-time", description: "ISO 8601, UTC" });
const Optional = <T extends Type.TSchema>(schema: T) => Type.Optional(schema);

export const Problem = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String({ description: "What was wrong, what was expected and what to do" }),
  },
  { description: "RFC 9457 problem details" },
);

const Outcome = Type.Union([Type.Literal("serving"), Type.Literal("reduced"), Type.Literal("out")]);

const Hold = Type.Object({
  kind: Type.String({ description: "debounce, disturbed, flap, shrink or retained" }),
  because: Type.String(),
  since: Time,
  until: Time,
  endsInSeconds: Type.Number(),
});

export const Endpoint = Type.Object({
  id: Type.String({ description: "ip:port" }),
  service: Type.String(),
  outcome: Outcome,
  because: Type.Array(Type.String()),
  until: Optional(Time),
  listed: Type.String({ description: "yes, no, or unsure while a source that gave it cannot say" }),
  unlistedPolicy: Optional(Type.String({ description: "What becomes of whom no source lists: remove or keep-while-healthy" })),
  flapPenalty: Optional(Type.Integer({ description: "1000 for each departure, halved every 30 s; above 2000 a departure is held longer" })),
  weight: Type.Integer(),
  zone: Type.String(),
  priority: Optional(Type.Integer({ description: "Used while the lower ones cannot serve; absent means 0, the first" })),
  instance: Optional(Type.String()),
  metadata: Optional(Type.Record(Type.String(), Type.String(), { description: "What else its registration says; never interpreted" })),
  place: Type.String({ description: "Where exactly it was announced" }),
  sources: Type.Array(Type.String(), { description: "Sources that give it now" }),
  since: Time,
  hold: Optional(Hold),
  health: EndpointHealth,
  published: Type.Object({ health: Type.String({ description: "healthy, unhealthy, draining, or absent" }), snapshot: Type.String() }),
});

const Quarantined = Type.Object({ place: Type.String(), reason: Type.String() });

const Contribution = Type.Object({
  source: Type.String(),
  role: Type.String({ description: "feeds, standby (another source decides) or compared (never published)" }),
  state: Type.String({ description: "pending, complete, partial or stale" }),
  reason: Optional(Type.String()),
  staleSince: Optional(Time),
  staleForSeconds: Optional(Type.Number()),
  endpoints: Type.Integer(),
  quarantined: Type.Array(Quarantined),
  mark: Optional(Type.String()),
});

const ConfirmedMark = Type.Object(
  { since: Time, because: Type.String(), before: Type.Integer({ description: "Endpoints there were before" }) },
  { description: "The guards let a collapse through: the small set is meant" },
);

const comparison = {
  with: Type.String({ description: "The source that is compared and never published" }),
  state: Type.String({ description: "same, differs, or unknown while the compared source cannot say" }),
  because: Optional(Type.String()),
  since: Time,
  divergences: Type.Integer({ description: "Times it began to differ" }),
  similarity: Optional(Type.Number({ description: "Endpoints both give, of all that either gives" })),
};

const SomeIds = Type.Object({ count: Type.Integer(), first: Type.Array(Type.String()) });

const Comparison = Type.Object({
  ...comparison,
  both: Optional(Type.Integer()),
  onlyHere: Optional(SomeIds),
  onlyThere: Optional(SomeIds),
  differing: Optional(
    Type.Object({
      count: Type.Integer(),
      first: Type.Array(Type.Object({ endpoint: Type.String(), what: Type.Array(Type.String()) })),
    }),
  ),
});

export const Comparisons = Type.Object({
  same: Type.Integer(),
  differs: Type.Integer(),
  unknown: Type.Integer(),
  services: Type.Array(
    Type.Object({
      service: Type.String(),
      ...comparison,
      onlyHere: Type.Integer(),
      onlyThere: Type.Integer(),
      differing: Type.Integer(),
    }),
  ),
});

const ByHealth = Type.Object({ healthy: Type.Integer(), unhealthy: Type.Integer(), unknown: Type.Integer() });

const ServiceSummary = Type.Object({
  name: Type.String(),
  standing: Type.String({ description: "live, saved, retired, withheld, refused, or compared (not published)" }),
  reason: Optional(Type.String()),
  version: Optional(Type.String()),
  endpoints: Type.Object({ serving: Type.Integer(), reduced: Type.Integer(), out: Type.Integer(), held: Type.Integer() }),
  stale: Type.Boolean(),
  confirmed: Optional(ConfirmedMark),
  compared: Optional(Type.String({ description: "same, differs or unknown" })),
  observed: Optional(Type.String({ description: "In observe mode: same, differs or unknown" })),
  load: Optional(Type.Object(loadSummary, { description: "As its clients report it" })),
});

export const Services = Type.Object({ services: Type.Array(ServiceSummary) });

export const Service = Type.Intersect([
  ServiceSummary,
  Type.Object({
    settings: Optional(
      Type.Object({
        protocol: Type.String(),
        lb: Type.String(),
        timeoutMs: Type.Integer(),
        safety: Type.String(),
        unlisted: Optional(Type.String()),
        merge: Optional(Type.String()),
        sources: Optional(Type.Array(Type.String())),
        compare: Optional(Type.String()),
        check: Type.String(),
        localPort: Optional(Type.Integer()),
        hashOn: Optional(
          Type.Object({
            header: Optional(Type.String()),
            cookie: Optional(Type.String()),
            ttlMs: Optional(Type.Integer()),
            sourceAddress: Optional(Type.Boolean()),
          }),
        ),
        balancePercent: Optional(Type.Integer()),
        slowStartMs: Optional(Type.Integer()),
        outlier: Optional(Type.Record(Type.String(), Type.Integer(), { description: "When callers eject an endpoint by themselves" })),
        limits: Optional(Type.Record(Type.String(), Type.Integer(), { description: "Circuit breaker thresholds of each client" })),
        subset: Optional(Type.Object({ size: Type.Integer() }, { description: "Endpoints that each client is told of" })),
        hedgePercent: Optional(Type.Integer({ description: "At most this share of requests is asked of a second endpoint too" })),
      }),
    ),
    rendering: Optional(
      Type.Array(
        Type.Object({
          client: Type.String({ description: "Kind of client" }),
          setting: Type.String(),
          wanted: Type.String(),
          given: Type.String(),
          because: Type.String(),
        }),
        { description: "Where a kind of client gets less than is configured, since it does not take it" },
      ),
    ),
    contributions: Type.Array(Contribution),
    comparison: Optional(Comparison),
    observation: Optional(Comparison),
    heldByHealth: Optional(HeldByHealth),
    healthLedger: Optional(HealthLedger),
    callers: Optional(ServiceCallers),
    checkChange: Optional(CheckChange),
    listing: Type.Object(
      { listed: ByHealth, unlisted: ByHealth, unsure: ByHealth },
      { description: "Discovery by health: how many endpoints stand in each field" },
    ),
    members: Type.Array(Endpoint),
  }),
]);

export const Sources = Type.Object({
  sources: Type.Array(
    Type.Object({
      name: Type.String(),
      type: Type.String(),
      feeds: Type.Boolean({ description: "Some service takes endpoints from it; false where it is only compared" }),
      state: Type.String({ description: "pending, complete, partial or stale" }),
      reason: Optional(Type.String()),
      since: Optional(Time),
      ageSeconds: Optional(Type.Number()),
      disturbedUntil: Optional(Time),
      disturbedForSeconds: Optional(Type.Number()),
      disturbedBecause: Optional(Type.String()),
      services: Type.Integer(),
      quarantinedMembers: Type.Integer({ description: "Members it could not read; each is listed under its service" }),
      detail: Optional(
        Type.Record(Type.String(), Type.Union([Type.String(), Type.Number()]), { description: "Of its connection, for people to read" }),
      ),
      quarantined: Type.Array(Quarantined),
    }),
  ),
});

export const SnapshotBody = Type.Object({
  version: Type.String(),
  position: Type.String({ description: "lineage/epoch/revision" }),
  publishedAt: Time,
  complete: Type.Boolean(),
  waitingFor: Type.Array(Type.String()),
  services: Type.Array(Type.Object({ name: Type.String(), version: Type.String(), endpoints: Type.Integer(), origin: Type.String() })),
  withheld: Type.Array(Type.Object({ name: Type.String(), reason: Type.String(), since: Time })),
  refused: Type.Array(Type.Object({ name: Type.String(), reason: Type.String() })),
});

const Nack = Type.Object({
  reason: Type.String(),
  resources: Type.Array(Type.String()),
  version: Type.String(),
  at: Time,
  ageSeconds: Type.Number(),
  count: Type.Integer(),
});

const TypeState = Type.Object({
  type: Type.String({ description: "Short name of the resource type, e.g. Cluster" }),
  wildcard: Type.Boolean(),
  subscribed: Type.Array(Type.String(), { description: "The first 100 names" }),
  subscribedCount: Type.Integer(),
  sent: Optional(Type.Object({ version: Type.String(), at: Time, ageSeconds: Type.Number() })),
  acked: Optional(Type.Object({ version: Type.String(), at: Time, ageSeconds: Type.Number() })),
  unackedSeconds: Optional(Type.Number()),
  lastNack: Optional(Nack),
});

const Changes = Type.Object(
  {
    count: Type.Integer({ description: "Changes it has acknowledged on this stream" }),
    last: Type.Object({
      type: Type.String({ description: "Short name of the resource type" }),
      eventAt: Time,
      publishedMs: Type.Number({ description: "From the event to the snapshot" }),
      sentMs: Type.Number({ description: "From the event to the stream" }),
      ackedMs: Type.Number({ description: "From the event to its ACK" }),
    }),
    eventToAck: Type.Object({
      of: Type.Integer({ description: "How many of the last ones this is about" }),
      p50Ms: Type.Number(),
      p99Ms: Type.Number(),
      maxMs: Type.Number(),
    }),
  },
  { description: "How long changes took to arrive; absent before the first" },
);

export const Sidecar = Type.Object({
  node: Type.String(),
  cluster: Type.String(),
  zone: Type.String(),
  client: Type.String({ description: "User agent name and version" }),
  peer: Type.String(),
  identity: Optional(Type.String({ description: "The name in its certificate, where it showed one" })),
  variant: Type.String(),
  connected: Type.Boolean(),
  connectedAt: Time,
  disconnectedAt: Optional(Time),
  disconnectedBecause: Optional(Type.String()),
  types: Type.Array(TypeState),
  changes: Optional(Changes),
});

export const Sidecars = Type.Object({ sidecars: Type.Array(Sidecar) });
/** One node may have several streams: per-type subscriptions, or a reconnect in progress. */
export const SidecarStreams = Type.Object({ node: Type.String(), streams: Type.Array(Sidecar) });

export const Status = Type.Object({
  id: Type.String(),
  version: Type.String(),
  startedAt: Time,
  configLoadedAt: Time,
  restartNeeded: Type.Array(Type.String()),
  observe: Optional(
    Type.Object(
      {
        against: Type.String(),
        state: Type.String({ description: "same, differs, or unknown while it cannot be read" }),
        because: Optional(Type.String()),
        since: Time,
        services: Type.Object({ same: Type.Integer(), differs: Type.Integer(), unknown: Type.Integer() }),
      },
      { description: "Observe mode: nothing is published, and this is how it compares with what is served elsewhere" },
    ),
  ),
  xdsTls: Optional(
    Type.Object(
      {
        certificateEnds: Time,
        daysLeft: Type.Number(),
        loadedAt: Time,
        clientsProveThemselves: Type.Boolean({ description: "Whether clients without a certificate are refused" }),
      },
      { description: "The certificate in force on the xDS port, where it speaks TLS" },
    ),
  ),
  degraded: Type.Array(
    Type.Object({
      mode: Type.String(),
      because: Type.String(),
      since: Optional(Time),
      until: Optional(Time),
      endsInSeconds: Optional(Type.Number()),
      service: Optional(Type.String()),
    }),
  ),
});

export const Ready = Type.Object({
  ready: Type.Boolean(),
  missing: Type.Array(Type.String(), { description: "Sources that have not spoken and are not replaced by saved state" }),
});

export const Confirmed = Type.Object({
  service: Type.String(),
  confirmedAt: Time,
  author: Type.String(),
  reason: Type.String(),
  ended: Type.Integer(),
});

export const ConfirmRequest = Type.Object(
  {
    author: Type.String({ minLength: 1, maxLength: 100 }),
    reason: Type.String({ minLength: 1, maxLength: 500 }),
  },
  { additionalProperties: false },
);
