import { ERROR_KINDS } from "@fairlead/shared";
import Type from "typebox";

const Time = Type.String({ format: "date-time", description: "ISO 8601, UTC" });

const rates = {
  requestsPerSecond: Type.Number(),
  successesPerSecond: Type.Number(),
  errorsPerSecond: Type.Number(),
};

/** Over all reporters, of a service or an endpoint. */
const summed = {
  ...rates,
  inProgress: Type.Integer(),
  reporters: Type.Integer({ description: "Clients that reported on it within the last minute" }),
  requests: Type.Integer({ description: "Since it was first reported on" }),
  errors: Type.Object(Object.fromEntries(ERROR_KINDS.map((kind) => [kind, Type.Integer()])), {
    description: "Of the failed ones since then, why, where sidecars tell",
  }),
  latencyMs: Type.Optional(
    Type.Object(
      { p50: Type.Number(), p90: Type.Number(), p99: Type.Number() },
      { description: "Of about the last half minute, within 5 %; absent where no sidecar reports" },
    ),
  ),
};

/** Part of what is shown of a service. */
export const loadSummary = {
  ...summed,
  droppedPerSecond: Type.Number({ description: "Given up without choosing an endpoint" }),
  lastReportAt: Time,
  lastRequestAt: Type.Optional(Time),
};

export const Loads = Type.Object({
  streams: Type.Integer({ description: "Streams of load reports open" }),
  entries: Type.Integer(),
  entriesMax: Type.Integer(),
  unkept: Type.Record(Type.String(), Type.Integer(), { description: "What was reported and is not in the table, by reason" }),
  services: Type.Array(Type.Object({ service: Type.String(), ...loadSummary })),
});

export const Load = Type.Object({
  service: Type.String(),
  load: Type.Optional(Type.Object(loadSummary)),
  endpoints: Type.Array(Type.Object({ endpoint: Type.String({ description: "ip:port" }), ...summed }), {
    description: "The busiest 1,000",
  }),
  places: Type.Array(
    Type.Object({
      endpoint: Type.Optional(Type.String({ description: "ip:port; absent where the client reports per locality" })),
      region: Type.String(),
      zone: Type.String(),
      subZone: Type.String(),
      priority: Type.Integer(),
      reporter: Type.Object({ node: Type.String(), client: Type.String(), host: Type.String() }),
      ...rates,
      inProgress: Type.Integer(),
      metrics: Type.Array(Type.Object({ name: Type.String(), requests: Type.Integer(), mean: Type.Number() })),
      lastReportAt: Time,
    }),
    { description: "The busiest 1,000" },
  ),
});
