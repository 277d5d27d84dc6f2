// The schemas of what is known about health.

import Type from "typebox";

const Time = Type.String({ format: "date-time", description: "ISO 8601, UTC" });
const Optional = <T extends Type.TSchema>(schema: T) => Type.Optional(schema);

const CheckResult = Type.Object({
  outcome: Type.String({ description: "passed, refused, mistaken (somebody else answers), failed or timeout" }),
  detail: Type.String(),
  at: Time,
  tookMs: Type.Number(),
});

const Brake = Type.String({ description: "rate, at-once, zone, fleet or panic" });

export const EndpointHealth = Type.Object({
  status: Type.String({ description: "unknown, healthy or unhealthy" }),
  because: Type.String(),
  since: Optional(Time),
  until: Optional(Time),
  share: Type.Number({ description: "Of its weight, above 0 and at most 1" }),
  ramp: Optional(Type.Object({ start: Time, seconds: Type.Number() }, { description: "It was out, and takes up its share again" })),
  evidence: Optional(Type.String({ description: "What our check rests on when it speaks against it: answer, complaint or silence" })),
  disagreeing: Type.Integer({ description: "Consecutive results that disagree with the status" }),
  last: Optional(CheckResult),
  votes: Optional(
    Type.Array(Type.Object({ checker: Type.String(), status: Type.String(), because: Type.String() }), { description: "Other checkers" }),
  ),
  callers: Optional(
    Type.Object({
      kind: Type.String({ description: "errors or latency" }),
      agreement: Type.String({ description: "some, or most of those who call it" }),
      because: Type.String(),
      since: Time,
    }),
  ),
  heldBy: Optional(Type.Object({ brake: Brake, since: Time }, { description: "It would leave, and is kept" })),
  wouldChange: Type.String({ description: "What would change the status" }),
});

const Muted = Optional(Type.Object({ because: Type.String(), since: Time }, { description: "Why its votes do not count" }));

export const Checkers = Type.Object({
  self: Type.Object({ id: Type.String(), zone: Optional(Type.String()), muted: Muted }),
  alone: Optional(Type.Object({ because: Type.String(), since: Optional(Time) }, { description: "Only our own checks count" })),
  others: Type.Array(
    Type.Object({
      id: Type.String(),
      zone: Optional(Type.String()),
      started: Optional(Time),
      beatAgeMs: Type.Integer({ description: "Since its newest sign of life" }),
      muted: Muted,
    }),
  ),
});

export const HeldByHealth = Type.Object({
  brake: Brake,
  count: Type.Integer(),
  since: Time,
  until: Time,
  endsInSeconds: Type.Number(),
});

export const HealthLedger = Type.Object({
  left: Type.Object({
    answer: Type.Integer({ description: "It said itself that it does not serve" }),
    witnesses: Type.Integer({ description: "Two saw it independently" }),
    oneWitness: Type.Integer({ description: "These spend the budget" }),
  }),
  returned: Type.Integer(),
  unregistered: Type.Integer({ description: "Left the service while they were out" }),
  outNow: Type.Integer(),
  spentNow: Type.Integer({ description: "Of those out now, the ones that count against the budget" }),
  entries: Type.Array(
    Type.Object({
      at: Time,
      endpoint: Type.String(),
      what: Type.String({ description: "left, held, returned or unregistered" }),
      on: Optional(Type.String({ description: "answer, witnesses or one-witness" })),
      evidence: Optional(Type.String({ description: "answer, complaint or silence" })),
      brake: Optional(Brake),
      spent: Optional(Type.Boolean()),
    }),
    { description: "The newest first" },
  ),
});

export const ServiceCallers = Type.Object(
  {
    fleetWide: Optional(
      Type.Object({ because: Type.String(), since: Time }, { description: "All have trouble with all: nobody is to blame" }),
    ),
    zonePairs: Type.Array(Type.Object({ from: Type.String(), to: Type.String(), because: Type.String(), since: Time })),
    doubted: Type.Array(
      Type.Object({
        caller: Type.String({ description: "Its address and node id" }),
        kind: Type.String({ description: "fails-everywhere or contradicted" }),
        because: Type.String(),
        since: Time,
      }),
      { description: "Callers whose word does not count" },
    ),
  },
  { description: "What callers' load reports say of the service as a whole" },
);

export const CheckChange = Type.Object(
  {
    since: Time,
    triedUntil: Time,
    held: Type.Boolean({ description: "It would take out too many: the old check decides" }),
    wouldTakeOut: Type.Integer(),
    of: Type.Integer(),
    endpoints: Type.Array(Type.String(), { description: "The first ten of them" }),
  },
  { description: "A changed check that is tried, and does not decide yet" },
);
