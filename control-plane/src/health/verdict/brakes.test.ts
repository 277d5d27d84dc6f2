import { describe, expect, test } from "vitest";
import { FleetBrake } from "./brakes.js";

describe("the brake on the fleet", () => {
  test("holds when more than a fifth, and ten at least, are doubted within a minute, and lets go by itself", () => {
    const brake = new FleetBrake();
    for (let doubt = 0; doubt < 9; doubt++) brake.noteDoubt(1_000);
    expect(brake.look(1_000, 20)).toBe(false);
    brake.noteDoubt(2_000);
    expect(brake.look(2_000, 50)).toBe(false);
    expect(brake.look(2_000, 49)).toBe(true);
    expect(brake.sinceMs).toBe(2_000);
    expect(brake.look(60_999, 49)).toBe(true);
    expect(brake.look(61_000, 49)).toBe(false);
    expect(brake.sinceMs).toBeUndefined();
  });
});
