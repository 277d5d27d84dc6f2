// From look to look: what callers' trouble with an endpoint has become, with patience both ways.

import type { CallerFinding } from "./caller-evidence.js";
import type { EndpointLook } from "./look.js";

/** Below this many callers one or two of them could be all the agreement there is. */
const CALLERS_MIN = 5;
/** Failures beyond elsewhere, as a share of requests, that most have to have: less is not worth a host. */
const AGREED_EXCESS = 0.05;
const AGREED_FAILURES = 3;
/** And what counts when only some have it. */
const SOME_EXCESS = 0.1;
const SOME_FAILURES = 5;
/** Below this nothing is left of the trouble. */
const CLEAR_EXCESS = 0.03;
/** A step down each look while it is bad, so that a pause of a second costs half of the weight at most. */
const STEPS = [1, 0.5, 0.25, 0.1, 0.05] as const;
/** Looks without trouble for a step up. */
const CLEAR_LOOKS = 2;
const SLOW_RATIO = 2.5;
const SLOW_CLEAR_RATIO = 1.8;
/** Nobody notices less, whatever the ratio is. */
const SLOW_BY_MS = 2;
const SLOW_CALLERS = 3;
const SLOW_LOOKS = 2;
const SLOW_SHARE_MIN = 0.1;

/** Of one endpoint. */
export class Finding {
  #step = 0;
  #agreement: CallerFinding["agreement"] = "some";
  #clearLooks = 0;
  #slowLooks = 0;
  #slowShare = 1;
  #told: CallerFinding | undefined;

  /** @param look undefined where nobody called it lately @returns undefined where there is none */
  next(look: EndpointLook | undefined, wallMs: number): CallerFinding | undefined {
    this.#lookAtErrors(look);
    this.#lookAtSlowness(look);
    if (this.#step > 0) return this.#tell("errors", { agreement: this.#agreement, share: STEPS[this.#step] ?? 1 }, { look, wallMs });
    if (this.#slowShare < 1) return this.#tell("latency", { agreement: "most", share: this.#slowShare }, { look, wallMs });
    this.#told = undefined;
    return undefined;
  }

  #lookAtErrors(look: EndpointLook | undefined): void {
    if (look !== undefined && mostFail(look)) {
      this.#step = Math.min(STEPS.length - 1, this.#step + 1);
      this.#agreement = "most";
      this.#clearLooks = 0;
    } else if (look !== undefined && someFail(look)) {
      if (this.#step === 0) this.#agreement = "some";
      this.#step = Math.max(1, this.#step);
      this.#clearLooks = 0;
    } else if (this.#step > 0 && (look === undefined || look.excess < CLEAR_EXCESS)) {
      this.#clearLooks += 1;
      if (this.#clearLooks % CLEAR_LOOKS === 0) this.#step -= 1;
    }
  }

  #lookAtSlowness(look: EndpointLook | undefined): void {
    const slow = look?.slowness;
    if (slow === undefined || slow.ratio < SLOW_CLEAR_RATIO) {
      this.#slowLooks = 0;
      this.#slowShare = 1;
    } else if (slow.callers >= SLOW_CALLERS && slow.ratio >= SLOW_RATIO && (slow.ratio - 1) * slow.elsewhereMs >= SLOW_BY_MS) {
      this.#slowLooks += 1;
      // In quarters: a ratio that wavers shall not waver on the wire.
      const share = Math.max(SLOW_SHARE_MIN, Math.round(4 / slow.ratio) / 4);
      if (this.#slowLooks >= SLOW_LOOKS) this.#slowShare = Math.min(this.#slowShare, share);
    }
  }

  #tell(
    kind: CallerFinding["kind"],
    { agreement, share }: Pick<CallerFinding, "agreement" | "share">,
    { look, wallMs }: { readonly look: EndpointLook | undefined; readonly wallMs: number },
  ): CallerFinding {
    const told = this.#told;
    if (told !== undefined && told.kind === kind && told.agreement === agreement && told.share === share) return told;
    const sinceMs = told?.kind === kind ? told.sinceMs : wallMs;
    const because = look === undefined ? (told?.because ?? "nobody calls it any more") : BECAUSE[kind](look, agreement);
    this.#told = { kind, agreement, share, because, sinceMs };
    return this.#told;
  }
}

const BECAUSE: Readonly<Record<CallerFinding["kind"], (look: EndpointLook, agreement: CallerFinding["agreement"]) => string>> = {
  errors: ({ failures, requests, excess, callers }, agreement) =>
    `${percent(failures / requests)} of its last ${requests} requests failed, ${percent(excess)} more than its ${callers} callers have elsewhere${
      agreement === "most" ? "; most of them agree" : ""
    }`,
  latency: ({ slowness }) =>
    `it is ${(slowness?.ratio ?? 1).toFixed(1)} times as slow as what its ${slowness?.callers ?? 0} callers have elsewhere`,
};

function mostFail({ callers, agreedExcess, agreedFailures }: EndpointLook): boolean {
  return callers >= CALLERS_MIN && agreedExcess >= AGREED_EXCESS && agreedFailures >= AGREED_FAILURES;
}

/** Well beyond what chance does: two standard deviations of a share of so many requests are taken off. */
function someFail({ requests, failures, excess }: EndpointLook): boolean {
  const rate = failures / requests;
  const chance = 2 * Math.sqrt((rate * (1 - rate)) / requests);
  return failures >= SOME_FAILURES && excess >= SOME_EXCESS && excess - chance >= SOME_EXCESS / 2;
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
