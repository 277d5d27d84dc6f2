import type { Status__Output } from "@fairlead/proto";
import type { RawResource } from "./decode.js";

/**
 * Why a name is not as the control plane, or we, would have it. None of them changes what is in force.
 * `sinceMs` is wall time of the first sight.
 */
export type Issue = {
  readonly typeUrl: string;
  readonly name: string;
  readonly reason: string;
  readonly sinceMs: number;
} & (
  | { readonly kind: "refused"; readonly version: string }
  /** The server said why it cannot give it (`resource_errors`, xDS rule R32); `code` is a google.rpc.Code. */
  | { readonly kind: "server-error"; readonly code: number }
  /** The server said that there is no such resource (any more). */
  | { readonly kind: "removed" }
);

/** The longest text of the server's that is kept. */
const MAX_REASON_LENGTH = 1_000;

/** At most one issue per resource, the newest; bounded by the subscription, because only subscribed names get here. */
export class Issues {
  readonly #byResource = new Map<string, Issue>();

  /** @returns whether this version was refused for the first time */
  refused({ typeUrl, name, version }: RawResource, reason: string, nowMs: number): boolean {
    const before = this.#byResource.get(keyOf(typeUrl, name));
    if (before?.kind === "refused" && before.version === version && before.reason === reason) return false;
    this.#byResource.set(keyOf(typeUrl, name), { kind: "refused", typeUrl, name, version, reason, sinceMs: nowMs });
    return true;
  }

  serverError(typeUrl: string, name: string, { status, nowMs }: { status: Status__Output | null; nowMs: number }): void {
    const reason = (status?.message || "no reason given").slice(0, MAX_REASON_LENGTH);
    this.#byResource.set(keyOf(typeUrl, name), { kind: "server-error", typeUrl, name, code: status?.code ?? 2, reason, sinceMs: nowMs });
  }

  removed(typeUrl: string, name: string, { stays, nowMs }: { stays: boolean; nowMs: number }): void {
    const reason = stays
      ? "the control plane removed it; it stays in force until nobody has called the service for ten minutes"
      : "the control plane has no such resource";
    this.#byResource.set(keyOf(typeUrl, name), { kind: "removed", typeUrl, name, reason, sinceMs: nowMs });
  }

  /** The resource is in force as sent: nothing is wrong with it any more. */
  settled(typeUrl: string, name: string): void {
    this.#byResource.delete(keyOf(typeUrl, name));
  }

  all(): readonly Issue[] {
    return [...this.#byResource.values()];
  }
}

function keyOf(typeUrl: string, name: string): string {
  return `${typeUrl} ${name}`;
}
