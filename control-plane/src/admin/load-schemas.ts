import Type from "typebox";

const Time = Type.String({ format: "date-time", description: "ISO 8601, UTC" });

const rates = {
  requestsPerSecond: Type.Number(),
  successesPerSecond: Type.Number(),
  errorsPerSecond: Type.Number(),
};

/** Part of what is shown of a service. */
export const loadSummary = {
  ...rates,
  droppedPerSecond: Type.Number({ description: "Given up without choosing an endpoint" }),
  inProgress: Type.Integer(),
  reporters: Type.Integer({ description: "Clients that reported on it within the last minute" }),
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
