import { fail } from "@fairlead/shared";

/**
 * Why a member, or an address in it, is not used; the reason is for a person. `malformed`: it could not be read as what the path holds, or
 * names a host that is not resolved here; that says nothing about whether the process is there, so that many of them are the source's fault. `unusable`: it was read well, and what it says
 * is nothing for us (another port than the chosen one): its author has decided, and it counts as absent.
 */
export interface Rejection {
  readonly kind: "malformed" | "unusable";
  readonly reason: string;
}

export function malformed(reason: string): { readonly ok: false; readonly error: Rejection } {
  return fail({ kind: "malformed", reason });
}

export function unusable(reason: string): { readonly ok: false; readonly error: Rejection } {
  return fail({ kind: "unusable", reason });
}
