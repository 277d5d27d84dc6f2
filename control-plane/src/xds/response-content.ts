import type { Resource, ResourceChange } from "./resource-set.js";

/** google.rpc codes of a `ResourceError`: NOT_FOUND is final until told otherwise, UNAVAILABLE passes (xDS rule R32). */
export type AbsenceCode = 5 | 14;

export interface AbsenceNote {
  readonly name: string;
  readonly code: AbsenceCode;
  readonly reason: string;
}

/** What one response says, before it is bytes and has a nonce. */
export interface ResponseContent {
  readonly variant: "sotw" | "delta";
  readonly typeUrl: string;
  /** Of the whole type in this view: `version_info` of a SotW response. */
  readonly version: string;
  /** `system_version_info` of a delta response. */
  readonly position: string;
  readonly resources: readonly Resource[];
  /** Delta only: names that do not exist, or no longer. */
  readonly removed: readonly string[];
  readonly notes: readonly AbsenceNote[];
  /** Whether the client is told how long it may keep what has a time to live. */
  readonly timed: boolean;
  /** Delta only: what the client has and may keep for another time (xDS rule R31), said without a body. */
  readonly heartbeats: readonly Resource[];
}

export type ContentParts = Pick<ResponseContent, "resources" | "removed" | "notes" | "heartbeats">;

/** A response to be sent, until it has its nonce. */
export interface Draft {
  readonly content: ResponseContent;
  readonly changed: readonly string[];
  readonly more: boolean;
  /** The oldest change that this stream had not looked at; undefined in what is sent for another reason than a change. */
  readonly change: ResourceChange | undefined;
  /** Names about which there may be more to say without their changing; undefined is all of them. */
  readonly open: readonly string[] | undefined;
  /** It only asks which of several resources it was that the client refused (decision D5). */
  readonly isQuestion: boolean;
}

/** A draft that only asks. */
export function asQuestion(content: ResponseContent): Draft {
  return { content, changed: [], more: false, open: undefined, change: undefined, isQuestion: true };
}

/** A response that the client has not answered yet. */
export interface Unanswered {
  readonly nonce: string;
  readonly content: ResponseContent;
}
