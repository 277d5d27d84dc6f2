// However the bytes are cut, they mean the same: heads, bodies, pipelines and what is refused.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { corpus } from "../testing/wire.js";
import { answerIn, cut, requestsIn } from "./testing/exchanges.js";

const places = fc.array(fc.nat(), { maxLength: 12 });

describe("cut anywhere", () => {
  const requests = [...corpus("http1-requests"), ...corpus("http1-more-requests")].filter(({ raw }) => raw.length < 4_000);
  test.each(requests)("request $id", ({ raw }) => {
    const whole = requestsIn([raw]);
    fc.assert(
      fc.property(places, (cuts) => {
        expect(requestsIn(cut(raw, cuts))).toEqual(whole);
      }),
      { numRuns: 30 },
    );
    expect(requestsIn([...raw])).toEqual(whole);
  });

  const responses = [...corpus("http1-responses"), ...corpus("http1-more-responses")].filter(({ raw }) => raw.length < 4_000);
  test.each(responses)("response $id", ({ raw, method }) => {
    const heard = (pieces: readonly string[]) => answerIn(pieces, method);
    const whole = heard([raw]);
    fc.assert(
      fc.property(places, (cuts) => {
        expect(heard(cut(raw, cuts))).toEqual(whole);
      }),
      { numRuns: 30 },
    );
    expect(heard([...raw])).toEqual(whole);
  });
});
