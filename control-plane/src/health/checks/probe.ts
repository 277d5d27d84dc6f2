import type { ServiceName } from "@fairlead/shared";
import type { CheckSettings } from "../../config/index.js";
import type { CheckResult } from "../opinion.js";

/** A check that sends something. */
export type ActiveCheck = Exclude<CheckSettings, { readonly type: "none" }>;

export interface ProbeTarget {
  /** What an HTTP check asks for by Host, where it does not say. */
  readonly service: ServiceName;
  readonly ip: string;
  readonly port: number;
  /** Who is registered there, where its source says. */
  readonly instance?: string;
  readonly check: ActiveCheck;
}

export interface ProbeAnswer {
  /** `not-sent`: this host could not even try (no file descriptors, no free port, no route). It says nothing about the target. */
  readonly outcome: CheckResult["outcome"] | "not-sent";
  /** For a person. */
  readonly detail: string;
}

/** How a check reaches an endpoint. */
export interface Probe {
  /** One attempt, over within the check's time-out. Never rejects. */
  send(target: ProbeTarget): Promise<ProbeAnswer>;
}
