// Reading a document of another program: nothing about its form is certain.

import { type ConfigPath, formatPath, formatPlace, type ReadConfig } from "@fairlead/shared";
import type { Draft } from "./draft.js";

export type Fields = Readonly<Record<string, unknown>>;

/** One place of the document, to note things at. */
export interface Spot {
  readonly place: string;
  left(what: string, instead: string): void;
  differs(what: string, instead: string): void;
}

export type At = (path: ConfigPath) => Spot;

export function spotOf(draft: Draft, read: ReadConfig<unknown>): At {
  return (path) => {
    const place = `${formatPlace(read.keyPlace(path))}: ${formatPath(path)}`;
    return {
      place,
      left: (what, instead) => draft.left(place, what, instead),
      differs: (what, instead) => draft.differs(place, what, instead),
    };
  };
}

export function mapOf(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

export function listOf(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

/** A value in a message; maps have no prototype here, so that `String` is not for them. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" && value !== null ? "a map" : String(value);
}

/** A port as JSON writes it; not a number where it is none. */
export function portOf(value: unknown): number {
  return typeof value === "number" || typeof value === "string" ? Number(value) : Number.NaN;
}

/** What a table says of a key of the document, which may be called anything. */
export function entryOf<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
