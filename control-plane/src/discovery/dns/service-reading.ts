// One reading per service, from all names that feed it.

import { DEFAULT_WEIGHT, DEFAULT_ZONE, type EndpointId, endpointId } from "@fairlead/shared";
import { COMPLETE, nextReading, partial } from "../reading.js";
import type { Endpoint, Quarantined, Reading, ServiceReading } from "../source.js";
import type { AddressSet } from "./address-set.js";
import { type Question, questionText } from "./question.js";

/** What is known about one name. */
export interface NameState {
  readonly question: Question;
  /** The last answer that was one; undefined before the first. */
  readonly set: AddressSet | undefined;
  /** Set while the newest attempt failed. `sinceMs` is wall time of the first failure in a row. */
  readonly failing: { readonly sinceMs: number; readonly cause: string } | undefined;
}

/** A name as one service uses it. */
export interface Feed {
  readonly state: NameState;
  readonly port: number;
}

/**
 * The service is `pending` until one name has spoken, `stale` when every name that ever spoke fails now, else `seen`;
 * and its reading is complete only if every name's is. Parts equal to `previous` keep their reference.
 */
export function serviceReading(feeds: readonly Feed[], previous: ServiceReading | undefined): ServiceReading {
  const spoken = feeds.filter(({ state }) => state.set !== undefined);
  if (spoken.length === 0) return previous?.kind === "pending" ? previous : { kind: "pending" };
  const failing = spoken.flatMap(({ state }) => (state.failing === undefined ? [] : [{ ...state.failing, question: state.question }]));
  const allFail = failing.length === spoken.length;
  const reading = readingOf(feeds, allFail, previous?.kind === "pending" ? undefined : previous?.reading);
  const first = failing[0];
  if (!allFail || first === undefined) {
    return previous?.kind === "seen" && previous.reading === reading ? previous : { kind: "seen", reading };
  }
  const sinceMs = Math.min(...failing.map((one) => one.sinceMs));
  const cause = `${questionText(first.question)}: ${first.cause}${failing.length > 1 ? ` (and ${failing.length - 1} more names)` : ""}`;
  const same = previous?.kind === "stale" && previous.reading === reading && previous.sinceMs === sinceMs && previous.cause === cause;
  return same ? previous : { kind: "stale", reading, sinceMs, cause };
}

/** @param asRemembered every name fails: the reading is as complete as it was when it was made */
function readingOf(feeds: readonly Feed[], asRemembered: boolean, previous: Reading | undefined): Reading {
  const endpoints = new Map<EndpointId, Endpoint>();
  const quarantined: Quarantined[] = [];
  const lacking: string[] = [];
  for (const { state, port } of feeds) {
    const { question, set } = state;
    const reason = whyPartial(state, asRemembered);
    if (reason !== undefined) lacking.push(`${questionText(question)}: ${reason}`);
    if (set === undefined) continue;
    const origin = `dns ${questionText(question)} via `;
    const place = `${origin}${set.resolver}`;
    for (const ip of set.ips) {
      const id = endpointId({ ip, port });
      if (endpoints.has(id)) continue;
      const before = previous?.endpoints.get(id);
      // Which resolver carried it is no difference: an endpoint that stays keeps saying who announced it first.
      const stays = before?.place.startsWith(origin) === true;
      endpoints.set(id, stays ? before : { id, ip, port, weight: DEFAULT_WEIGHT, zone: DEFAULT_ZONE, place });
    }
    for (const written of set.refused) quarantined.push({ place, reason: `"${written}" is not an address anybody can connect to` });
  }
  const completeness = lacking.length === 0 ? COMPLETE : partial(lacking.join("; "));
  return nextReading(previous, { endpoints: endpoints.values(), quarantined, completeness });
}

function whyPartial({ set, failing }: NameState, asRemembered: boolean): string | undefined {
  if (set === undefined) return failing === undefined ? "not answered yet" : `never answered: ${failing.cause}`;
  if (failing !== undefined && !asRemembered) return `failing: ${failing.cause}`;
  return set.truncated ? "the answer was truncated even over TCP" : undefined;
}
