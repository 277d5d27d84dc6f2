// What the evidence about one endpoint amounts to, whatever becomes of the others.

import type { CallerFinding } from "../callers/caller-evidence.js";
import type { EvidenceKind, HealthStatus, Opinion } from "../opinion.js";
import type { Vote } from "../votes.js";

/** What is left of an endpoint's weight goes down in few steps, so that little doubts change nothing on the wire. */
const SHARES = [1, 0.5, 0.25, 0.1, 0.05] as const;
/** The least an endpoint in service weighs: callers that go on calling it are how its recovery is seen. */
export const FLOOR_SHARE = 0.05;
/** What an endpoint weighs about which checkers disagree. */
const DISPUTED_SHARE = 0.5;

export interface Evidence {
  readonly opinion: Opinion;
  readonly votes: readonly Vote[];
  /** What callers say, those that report to other checkers too; undefined while their word does not count. */
  readonly callers: CallerFinding | undefined;
}

export type Weighed =
  | {
      readonly kind: "stay";
      readonly status: Exclude<HealthStatus, "unhealthy">;
      readonly because: string;
      readonly share: number;
      readonly disputed: boolean;
      /** Most callers fail with it, and its weight is as low as it goes: if that lasts, it leaves. */
      readonly atFloor: boolean;
    }
  | {
      readonly kind: "leave";
      /** An answer is no doubt; what two independent witnesses saw is little; the rest spends the budget. */
      readonly on: "answer" | "witnesses" | "one-witness";
      readonly evidence: EvidenceKind;
      readonly because: string;
    };

export function weigh({ opinion, votes, callers }: Evidence): Weighed {
  const down = votes.filter(({ status }) => status === "unhealthy");
  const up = votes.filter(({ status }) => status === "healthy");
  const ownDown = opinion.status === "unhealthy" ? 1 : 0;
  const ownUp = opinion.status === "healthy" ? 1 : 0;
  const isDown = down.length + ownDown > up.length + ownUp;
  if (!isDown) return stay({ opinion, votes, callers }, down.length + ownDown);
  const first = ownDown === 1 ? opinion : (down[0] ?? opinion);
  const others = down.length + ownDown - 1;
  const refusing = [opinion, ...down].find((one) => one.refusing);
  if (refusing !== undefined) return { kind: "leave", on: "answer", evidence: "answer", because: refusing.because };
  const evidence = first.kind ?? "complaint";
  if (others > 0)
    return { kind: "leave", on: "witnesses", evidence, because: `${first.because}; ${times(others, "other checker")} saw it too` };
  if (callers?.kind === "errors")
    return { kind: "leave", on: "witnesses", evidence, because: `${first.because}; its callers fail too: ${callers.because}` };
  return { kind: "leave", on: "one-witness", evidence, because: first.because };
}

function stay({ opinion, votes, callers }: Evidence, down: number): Weighed {
  const healthy = opinion.status === "healthy" || votes.some(({ status }) => status === "healthy");
  const status = healthy ? "healthy" : "unknown";
  const atFloor = callers?.kind === "errors" && callers.agreement === "most" && callers.share <= FLOOR_SHARE;
  if (down > 0) {
    const saying = [
      opinion.status === "unhealthy" ? "we" : undefined,
      ...votes.map((vote) => (vote.status === "unhealthy" ? vote.checker : undefined)),
    ];
    const who = saying.filter((one) => one !== undefined).join(", ");
    const why = opinion.status === "unhealthy" ? opinion.because : votes.find((vote) => vote.status === "unhealthy")?.because;
    const because = `disputed: ${who} found it unhealthy (${why}), others did not`;
    return { kind: "stay", status, because, share: Math.min(DISPUTED_SHARE, shareOf(callers)), disputed: true, atFloor };
  }
  if (callers === undefined) return { kind: "stay", status, because: opinion.because, share: 1, disputed: false, atFloor };
  const passes = healthy ? "checks pass, traffic fails: " : "";
  const because = callers.kind === "errors" ? `${passes}${callers.because}` : callers.because;
  return { kind: "stay", status, because, share: shareOf(callers), disputed: false, atFloor };
}

/** The step at or below what the callers' trouble leaves. */
function shareOf(callers: CallerFinding | undefined): number {
  if (callers === undefined) return 1;
  return SHARES.find((step) => step <= callers.share) ?? FLOOR_SHARE;
}

function times(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? "" : "s"}`;
}
