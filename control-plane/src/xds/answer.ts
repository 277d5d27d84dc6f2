// What a client lacks of one type: reads, decides, changes nothing.

import { RESOURCE_TYPES } from "@fairlead/proto";
import type { EarlierRun } from "./earlier-run.js";
import type { Holdings } from "./holdings.js";
import type { Suspect } from "./narrowing.js";
import type { Absence, Resource, ResourceSet, ResourceSets } from "./resource-set.js";
import { typeRules } from "./resource-types.js";
import type { AbsenceNote } from "./response-content.js";
import type { Subscription } from "./subscription.js";

/** What the answer is made from. */
export interface Standing {
  readonly typeUrl: string;
  readonly variant: "sotw" | "delta";
  readonly subscription: Subscription;
  readonly holdings: Holdings;
  readonly earlierRun: EarlierRun;
  /** Names to be answered even at a version sent before (xDS rules R14, R21). */
  readonly owed: ReadonlySet<string>;
  /** Where a partial answer is due, the names it can be due for; undefined is all of them. */
  readonly look: ReadonlySet<string> | undefined;
  /** What the client has been told of names that are not there. */
  readonly told: ReadonlyMap<string, Absence["kind"]>;
  /** An answer is owed although it may be empty (xDS rules R10, R26). */
  readonly answerOwed: boolean;
  /** No response of this type was sent on this stream: the client may hold what we do not know of. */
  readonly first: boolean;
  /** The client has nothing an answer could take away: it came with no version at all. */
  readonly newcomer: boolean;
  readonly sets: ResourceSets;
  /** Undefined where the type is not served. */
  readonly set: ResourceSet | undefined;
  /** Bytes of resources in one response, where it can be split. */
  readonly responseBytes: number;
  readonly gate: TypeGate;
}

/** What of one type must wait for other types on the same stream. */
export interface TypeGate {
  /** Whether a resource may be sent; `held` is what the client has under its name. */
  admits(resource: Resource, held: Resource | undefined): boolean;
  /** Whether what the client has may be taken away. */
  mayRemove(): boolean;
}

export interface Answer {
  readonly resources: readonly Resource[];
  /** Delta: names to remove. */
  readonly removed: readonly string[];
  readonly notes: readonly AbsenceNote[];
  /** Of `resources`, the names whose version the client lacked. */
  readonly changed: readonly string[];
  /** Whether there is anything to say. */
  readonly due: boolean;
  /** Something covered cannot be answered for yet: look again at the next view, whatever changed in it. */
  readonly unsettled: boolean;
  /** There is more to say: the answer was split, or something waits for another type. */
  readonly more: boolean;
  /** Names about which there may be more to say without their changing; undefined is all of them. */
  readonly open: readonly string[] | undefined;
}

const NOTHING: Answer = {
  resources: [],
  removed: [],
  notes: [],
  changed: [],
  due: false,
  unsettled: false,
  more: false,
  open: undefined,
};
const WITHHELD: Answer = { ...NOTHING, unsettled: true };

/** A full-state answer: all of it or none (xDS rule R12). Served types only. */
export function fullAnswer(standing: Standing, set: ResourceSet): Answer {
  const { subscription, holdings, owed } = standing;
  if (!mayLeave(standing, set)) return WITHHELD;
  const all = subscription.wildcard ? [...set.resources.values()] : present(subscription.names, set);
  const waiting = new Set(all.filter((resource) => lacks(holdings, resource) && isGated(standing, resource)));
  const covered = all.filter((resource) => !waiting.has(resource));
  const changed = covered.filter((resource) => lacks(holdings, resource)).map((resource) => resource.name);
  const lost = lostNames(standing, set);
  const kept = lost.length > 0 && !standing.gate.mayRemove() ? lost.flatMap((name) => holdings.accepted(name) ?? []) : [];
  const absent = namedAbsences(standing);
  const due =
    standing.answerOwed ||
    changed.length > 0 ||
    covered.some((resource) => owed.has(resource.name)) ||
    absent.notFound.length > 0 ||
    lost.length > kept.length;
  const more = waiting.size + kept.length > 0;
  if (!due) return { ...NOTHING, unsettled: absent.unsettled, more };
  // What waits is left out, or stays as the client has it: it lacks the new one, so that nothing is taken from it.
  const before = [...waiting].flatMap(({ name }) => holdings.accepted(name) ?? []);
  return {
    resources: [...covered.map((resource) => lastGood(holdings, resource)), ...before, ...kept],
    removed: [],
    notes: absent.notes,
    changed,
    due,
    unsettled: absent.unsettled,
    more,
    open: undefined,
  };
}

/** An answer of what changed or was newly named, and in delta of what is gone (xDS rules R12, R14, R21, R23). */
export function partialAnswer(standing: Standing): Answer {
  const { subscription, set, variant } = standing;
  if (set !== undefined && subscription.wildcard && standing.first && !isSettled(standing)) return WITHHELD;
  const present = dueResources(standing);
  const { resources, changed } = present;
  // Whoever is led from one cluster to another has the other before the one is taken away.
  const isLed = standing.typeUrl === RESOURCE_TYPES.cluster && resources.length > 0;
  const removing = isLed ? { ...standing, gate: { ...standing.gate, mayRemove: () => false } } : standing;
  const absent = namedAbsences(removing);
  const gone = set !== undefined && subscription.wildcard ? goneFromWildcard(removing, set) : NOTHING_GONE;
  const removed = variant === "delta" ? [...absent.notFound, ...gone.removed] : [];
  return {
    resources,
    removed,
    notes: absent.notes,
    changed,
    due: standing.answerOwed || resources.length > 0 || removed.length > 0 || absent.notes.length > 0,
    unsettled: present.unsettled || absent.unsettled || gone.unsettled,
    more: present.more || absent.waiting || gone.waiting,
    open: [...present.open, ...absent.open, ...gone.open],
  };
}

/** Neither in the client's hands nor refused by it at this version. */
function lacks(holdings: Holdings, resource: Resource): boolean {
  return !holdings.has(resource) && !holdings.isRefused(resource);
}

/**
 * What stands in for a refused version where leaving the resource out would delete it: the last one accepted on this stream. Where
 * there is none, or the client may have meant another one, the refused one goes along with the others, which is no loop: only a
 * change of something else brings it here.
 */
function lastGood(holdings: Holdings, resource: Resource): Resource {
  return holdings.isCertainlyRefused(resource) ? (holdings.accepted(resource.name) ?? resource) : resource;
}

/**
 * What is sent to find out whether a client refuses one of `group`. Where a response is a full state the other suspects stand in it as
 * they were before.
 */
export function question(standing: Standing, set: ResourceSet, asked: Asked): readonly Resource[] {
  const group = new Map(asked.group.map(({ resource }) => [resource.name, resource]));
  if (!isFullState(standing)) return [...group.values()];
  const others = new Map(asked.suspects.map(({ resource, before }) => [resource.name, before]));
  const covered = standing.subscription.wildcard ? [...set.resources.values()] : present(standing.subscription.names, set);
  return covered.map((resource) => group.get(resource.name) ?? others.get(resource.name) ?? lastGood(standing.holdings, resource));
}

/** Who is asked about, and everybody who is suspected. */
interface Asked {
  readonly group: readonly Suspect[];
  readonly suspects: readonly Suspect[];
}

function isFullState({ typeUrl, variant }: Standing): boolean {
  return variant === "sotw" && typeRules(typeUrl).fullState;
}

function present(names: ReadonlySet<string>, set: ResourceSet): Resource[] {
  const found: Resource[] = [];
  for (const name of names) {
    const resource = set.resources.get(name);
    if (resource !== undefined) found.push(resource);
  }
  return found;
}

/**
 * Readiness. A first answer waits until everything it covers is settled, because the client may hold from earlier what the answer
 * would not name; a newcomer holds nothing. A later answer can only take away what this stream was sent.
 */
function mayLeave(standing: Standing, set: ResourceSet): boolean {
  if (standing.first) return isSettled(standing);
  for (const name of standing.holdings.names()) {
    if (standing.subscription.covers(name) && !set.resources.has(name) && isUnavailable(standing, name)) return false;
  }
  return true;
}

function isSettled(standing: Standing): boolean {
  const { subscription, sets, set } = standing;
  if (standing.newcomer && sets.answerNewcomers) return true;
  if (subscription.wildcard && !sets.complete) return false;
  for (const name of subscription.names) {
    if (set?.resources.has(name) !== true && isUnavailable(standing, name)) return false;
  }
  return true;
}

function isUnavailable({ sets, typeUrl }: Standing, name: string): boolean {
  return sets.absence(typeUrl, name).kind === "unavailable";
}

/** SotW: what the client may have and is gone, which it learns from its absence. */
function lostNames({ holdings, subscription }: Standing, set: ResourceSet): readonly string[] {
  return [...holdings.names()].filter((name) => subscription.covers(name) && !set.resources.has(name));
}

/**
 * Whether a resource has to wait for what it leads to. Only one whose references are new to the client: what it may have from before
 * this stream it has with its references, and a first full-state answer must name all that the client may have.
 */
function isGated({ first, variant, holdings, gate }: Standing, resource: Resource): boolean {
  if (resource.requires === undefined || (first && variant === "sotw")) return false;
  const held = holdings.accepted(resource.name);
  if (held === undefined && holdings.mayHave(resource.name)) return false;
  return !gate.admits(resource, held);
}

interface Present extends Pick<Answer, "resources" | "changed" | "more" | "unsettled"> {
  /** Left out of a split answer, or waiting for another type. */
  readonly open: readonly string[];
}

function dueResources(standing: Standing): Present {
  const { set, subscription, holdings, owed, responseBytes } = standing;
  const resources: Resource[] = [];
  const changed: string[] = [];
  const open: string[] = [];
  if (set === undefined) return { resources, changed, more: false, unsettled: false, open };
  const names = lookedAt(standing, subscription.wildcard ? set.resources.keys() : subscription.names);
  let bytes = 0;
  let isFull = false;
  let more = false;
  let unsettled = false;
  for (const name of names) {
    const resource = set.resources.get(name);
    if (resource === undefined || !subscription.covers(name)) continue;
    const isNew = lacks(holdings, resource);
    if (!isNew && !(owed.has(name) && !holdings.isRefused(resource))) continue;
    if (standing.earlierRun.withholds(standing.sets, standing.typeUrl, name)) {
      open.push(name);
      unsettled = true;
      continue;
    }
    if (isFull || (isNew && isGated(standing, resource))) {
      open.push(name);
      more = true;
      continue;
    }
    bytes += resource.value.length + name.length;
    isFull = bytes > responseBytes && resources.length > 0;
    if (isFull) {
      open.push(name);
      more = true;
    } else {
      resources.push(resource);
      if (isNew) changed.push(name);
    }
  }
  return { resources, changed, more, unsettled, open };
}

/** Of these names, those that something may be due for. */
function lookedAt({ look }: Standing, all: Iterable<string>): Iterable<string> {
  return look ?? all;
}

interface Absences {
  readonly notFound: readonly string[];
  readonly notes: readonly AbsenceNote[];
  readonly unsettled: boolean;
  /** Something the client has is gone and must not be taken away yet. */
  readonly waiting: boolean;
  /** Names that are unsettled or waiting. */
  readonly open: readonly string[];
}

/**
 * Names asked for that are not there, each told once (xDS rules R23, R32). A SotW client hears only of names it newly asks for:
 * when one of those it has goes, its parent tells (xDS rule R12).
 */
function namedAbsences(standing: Standing): Absences {
  const { subscription, set, told, owed, variant, holdings, gate } = standing;
  const notFound: string[] = [];
  const notes: AbsenceNote[] = [];
  const open: string[] = [];
  let unsettled = false;
  let waiting = false;
  for (const name of lookedAt(standing, subscription.names)) {
    if (set?.resources.has(name) === true || !subscription.names.has(name)) continue;
    const absence = absenceOf(standing, name);
    const before = told.get(name);
    if (absence.kind === "unavailable") {
      unsettled = true;
      open.push(name);
      if (before === undefined)
        notes.push({ name, code: 14, reason: `${absence.reason}, since ${new Date(absence.sinceMs).toISOString()}` });
    } else if (before !== "not-found" && (variant === "delta" || owed.has(name))) {
      if (variant === "delta" && holdings.mayHave(name) && !gate.mayRemove()) {
        waiting = true;
        open.push(name);
        continue;
      }
      notFound.push(name);
      notes.push({ name, code: 5, reason: absence.reason });
    }
  }
  return { notFound, notes, unsettled, waiting, open };
}

function absenceOf({ sets, set, typeUrl }: Standing, name: string): Absence {
  return set === undefined ? { kind: "not-found", reason: `${typeUrl} is not served here` } : sets.absence(typeUrl, name);
}

const NOTHING_GONE = { removed: [], unsettled: false, waiting: false, open: [] };

/** Delta: names held through the wildcard, or owed an answer since they are covered by it alone (xDS rule R22), that are gone. */
function goneFromWildcard(standing: Standing, set: ResourceSet) {
  const { subscription, holdings, owed, gate, look } = standing;
  const removed: string[] = [];
  const open: string[] = [];
  let unsettled = false;
  let waiting = false;
  for (const name of look ?? new Set([...holdings.names(), ...owed])) {
    if (set.resources.has(name) || subscription.names.has(name)) continue;
    if (!holdings.mayHave(name) && !owed.has(name)) continue;
    if (isUnavailable(standing, name)) unsettled = true;
    else if (holdings.mayHave(name) && !gate.mayRemove()) waiting = true;
    else {
      removed.push(name);
      continue;
    }
    open.push(name);
  }
  return { removed, unsettled, waiting, open };
}
