import { expect, test } from "vitest";
import { type SoakReport, soak } from "../soak/soak.js";

/** The short form of `npm run bench -- soak`: every kind of trouble several times. */
const SECONDS = 120;

/** Both at once, each with processes of its own: they wait most of the time. */
test("while backends die and return and the control plane is away for a while or all the time, every request is answered or refused, once, and nothing piles up", async () => {
  const soakWith = (controlPlaneDead: "middle-third" | "throughout") => soak({ seconds: SECONDS, sampleMs: 1_000, controlPlaneDead });
  const [forAWhile, throughout] = await Promise.all([soakWith("middle-third"), soakWith("throughout")]);
  expectGood(forAWhile);
  expectGood(throughout);
  expect(Object.keys(forAWhile.troubles)).toContain("unlisted");
  expect(Object.keys(throughout.troubles)).not.toContain("unlisted");
});

function expectGood({ problems, sent, answered, refused, cut, troubles }: SoakReport): void {
  expect(problems).toEqual([]);
  expect(answered + refused + cut).toBe(sent);
  // Whose endpoint is killed in the middle of its answer, and no others.
  expect(cut).toBeLessThan(sent / 100);
  expect(answered).toBeGreaterThan(sent / 2);
  expect(sent).toBeGreaterThan(1_000);
  expect(Object.keys(troubles).length).toBeGreaterThan(2);
}
