import { expect, test } from "vitest";
import { soak } from "../soak/soak.js";

/** The short form of `npm run bench -- soak`: every kind of trouble a few times, and the control plane dead for the middle third. */
const SECONDS = 60;

test("while backends die and return and the control plane is away, every request is answered or refused, once, and nothing piles up", async () => {
  const { problems, sent, answered, refused, troubles } = await soak(SECONDS, 1_000);
  expect(problems).toEqual([]);
  expect(answered + refused).toBe(sent);
  expect(answered).toBeGreaterThan(sent / 2);
  expect(sent).toBeGreaterThan(500);
  expect(Object.keys(troubles).length).toBeGreaterThan(2);
});
