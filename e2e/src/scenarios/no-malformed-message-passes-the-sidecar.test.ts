// The corpus through the built sidecar: real sockets on both sides, judged by a reader that is not the sidecar's.

import { expect, test } from "vitest";
import { answers, type CorpusCase, requests, wantedOf } from "../conformance/corpus.js";
import { ourLanes } from "../conformance/our-lanes.js";
import { answerThrough, requestThrough, throughLanes } from "../conformance/through.js";
import { judgeAnswer, judgeRequest, type Verdict } from "../conformance/verdict.js";

/** A message that nothing becomes of is a failure; so this only ends what hangs. */
const PATIENCE_MS = 30_000;

function wrongOf(cases: readonly CorpusCase[], verdicts: readonly Verdict[]): readonly string[] {
  return cases.flatMap((each, index) => {
    const { kind, why } = verdicts[index] ?? { kind: "unsafe", why: "not run" };
    const wanted = wantedOf(each);
    const isRight = kind !== "unsafe" && (wanted === "either" || (kind === "refused") === (wanted === "refuse"));
    return isRight ? [] : [`${each.id} (${each.expect}): ${kind} ${why}`];
  });
}

test("of 519 requests every malformed one is refused with nothing whole forwarded, and every good one arrives as it was meant", async () => {
  const cases = requests();
  const verdicts = await throughLanes(await ourLanes(8), cases, async (lane, each) =>
    judgeRequest(each, await requestThrough(lane, each, PATIENCE_MS)),
  );
  expect(cases.length).toBe(519);
  expect(wrongOf(cases, verdicts)).toEqual([]);
});

test("of 160 answers no bad one reaches the caller as a good one, and every good one does", async () => {
  const cases = answers();
  const verdicts = await throughLanes(await ourLanes(8), cases, async (lane, each) =>
    judgeAnswer(each, await answerThrough(lane, each, PATIENCE_MS)),
  );
  expect(cases.length).toBe(160);
  expect(wrongOf(cases, verdicts)).toEqual([]);
});
