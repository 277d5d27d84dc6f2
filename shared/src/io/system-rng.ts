import { randomUUID } from "node:crypto";
import type { Rng } from "../rng.js";

export const systemRng: Rng = { next: () => Math.random() };

export function systemUuid(): string {
  return randomUUID();
}
