import type { Static } from "typebox";
import type { Checkers } from "./health-schemas.js";
import type { AdminState } from "./state.js";
import { iso } from "./time.js";

type Mute = { readonly because: string; readonly sinceMs: number } | undefined;

export function checkersView({ id, checkers }: Pick<AdminState, "id" | "checkers">): Static<typeof Checkers> {
  if (checkers === undefined) return { self: { id }, alone: { because: "no coordination is configured" }, others: [] };
  const { self, alone, others } = checkers;
  return {
    self: { id, zone: self.zone, ...muted(self.doubted) },
    ...(alone === undefined ? {} : { alone: { because: alone.because, since: iso(alone.sinceMs) } }),
    others: others.map(({ id: other, zone, startedMs, beatAgeMs, muted: mute }) => ({
      id: other,
      ...(zone === undefined ? {} : { zone }),
      ...(startedMs === undefined ? {} : { started: iso(startedMs) }),
      beatAgeMs,
      ...muted(mute),
    })),
  };
}

function muted(mute: Mute): { readonly muted?: { readonly because: string; readonly since: string } } {
  return mute === undefined ? {} : { muted: { because: mute.because, since: iso(mute.sinceMs) } };
}
