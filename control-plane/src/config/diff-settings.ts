import { durationText, formatListen, sameContent } from "@fairlead/shared";
import type { Settings } from "./settings.js";

export interface SettingsChange {
  /** What applies now: the new settings, with what only a restart can change as it was. What did not change keeps its reference. */
  readonly settings: Settings;
  /** What the reload changes, in words. */
  readonly changed: readonly string[];
  /** What waits for a restart, in words. */
  readonly restartNeeded: readonly string[];
}

/** What taking `next` in place of `old` means for a running process. */
export function diffSettings(old: Settings, next: Settings): SettingsChange {
  const sources = keptByKey(old.sources, next.sources, (source) => source.name);
  const services = keptMap(old.services, next.services);
  const defaults = kept(old.defaults, next.defaults);
  const changed = [
    ...namedChanges("source", byName(old.sources), byName(sources)),
    ...(sameOrder(old.sources, next.sources) ? [] : ["the order of sources changed"]),
    ...namedChanges("service", old.services, services),
    ...(defaults === old.defaults ? [] : ["defaults changed"]),
    ...(old.bootWaitMs === next.bootWaitMs ? [] : [`bootWait is ${durationText(next.bootWaitMs)}, was ${durationText(old.bootWaitMs)}`]),
  ];
  const { observe: _, coordination: __, ...rest } = next;
  const observe = old.observe === undefined ? {} : { observe: old.observe };
  const coordination = old.coordination === undefined ? {} : { coordination: old.coordination };
  const { id, stateDir, xds, admin } = old;
  const settings = { ...rest, id, stateDir, xds, admin, ...observe, ...coordination, sources, services, defaults };
  return { settings, changed, restartNeeded: restartKeys(old, next) };
}

function restartKeys(old: Settings, next: Settings): readonly string[] {
  const keys = [
    ["id", old.id, next.id],
    ["stateDir", old.stateDir, next.stateDir],
    ["xds.listen", formatListen(old.xds.listen), formatListen(next.xds.listen)],
    ["observe.against", old.observe ?? "none", next.observe ?? "none"],
    ["admin.listen", formatListen(old.admin.listen), formatListen(next.admin.listen)],
  ] as const;
  const texts = keys
    .filter(([, was, now]) => was !== now)
    .map(([key, was, now]) => `${key}: ${now} takes effect on restart; ${was} until then`);
  const sameTls = sameContent(old.xds.tls ?? {}, next.xds.tls ?? {});
  const sameCoordination = sameContent(old.coordination ?? {}, next.coordination ?? {});
  const unread = [...(sameTls ? [] : ["xds.tls"]), ...(sameCoordination ? [] : ["coordination"])];
  return [...texts, ...unread.map((key) => `${key}: what it says now takes effect on restart; what it said before until then`)];
}

function namedChanges<T>(what: string, old: ReadonlyMap<string, T>, next: ReadonlyMap<string, T>): readonly string[] {
  const removed = [...old.keys()].filter((name) => !next.has(name)).map((name) => `${what} ${name} removed`);
  const others = [...next].flatMap(([name, value]) => {
    if (!old.has(name)) return [`${what} ${name} added`];
    return old.get(name) === value ? [] : [`${what} ${name} changed`];
  });
  return [...removed, ...others];
}

/** Sources that stayed, in the order they stand in. */
function sameOrder(old: Settings["sources"], next: Settings["sources"]): boolean {
  const stayed = (list: Settings["sources"], other: Settings["sources"]) =>
    list.map(({ name }) => name).filter((name) => byName(other).has(name));
  return sameContent(stayed(old, next), stayed(next, old));
}

function byName(sources: Settings["sources"]): ReadonlyMap<string, Settings["sources"][number]> {
  return new Map(sources.map((source) => [source.name, source]));
}

function kept<T>(old: T | undefined, next: T): T {
  return old !== undefined && sameContent(old, next) ? old : next;
}

function keptMap<K, V>(old: ReadonlyMap<K, V>, next: ReadonlyMap<K, V>): ReadonlyMap<K, V> {
  const values = new Map([...next].map(([key, value]) => [key, kept(old.get(key), value)] as const));
  return values.size === old.size && [...values].every(([key, value]) => old.get(key) === value) ? old : values;
}

function keptByKey<T>(old: readonly T[], next: readonly T[], keyOf: (item: T) => string): readonly T[] {
  const before = new Map(old.map((item) => [keyOf(item), item]));
  const items = next.map((item) => kept(before.get(keyOf(item)), item));
  return items.length === old.length && items.every((item, at) => item === old[at]) ? old : items;
}
