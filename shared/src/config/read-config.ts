import type { Static, TSchema } from "typebox";
import { fail, ok, type Result } from "../result.js";
import { checkSchema } from "./check-schema.js";
import { type Environment, overlayEnvironment } from "./environment.js";
import { parseYaml } from "./parse-yaml.js";
import { type ConfigPath, DEFAULT_PLACE, type Place } from "./place.js";
import type { ConfigProblem } from "./problem.js";
import { type ConfigNode, keyPlace, nearestPlace, originPlace, plainValue } from "./tree.js";

/** A configuration that fits its schema, and where everything in it was written. */
export interface ReadConfig<T> {
  readonly value: T;
  /** Where the value at `path` was written, or `default`. */
  place(path: ConfigPath): Place;
  /** A problem with the value at `path`; with its nearest written ancestor where nothing is written. */
  problem(path: ConfigPath, message: string): ConfigProblem;
  /** Where the key at `path` is written, to point from a second definition to the first. */
  keyPlace(path: ConfigPath): Place;
  /** What of the value at `path` does not fit `schema`. */
  check(path: ConfigPath, schema: TSchema): readonly ConfigProblem[];
}

export interface ConfigSource<S extends TSchema> {
  /** As it shall appear in messages. */
  readonly file: string;
  readonly text: string;
  readonly schema: S;
  /** Variables that may override single values; none by default. */
  readonly environment?: Environment;
}

/**
 * Reads one YAML document: at most 4 MiB, no key twice, no unknown keys, nothing of the wrong kind. Every problem is
 * returned with its place, in the order of the file. Never throws.
 */
export function readConfig<S extends TSchema>(source: ConfigSource<S>): Result<ReadConfig<Static<S>>, readonly ConfigProblem[]> {
  const laid = layers(source);
  if (!laid.ok) return laid;
  const { root, problems } = laid.value;
  const all = [...problems, ...checkSchema(source.schema, root)];
  return all.length > 0 ? fail(all) : ok(readOf(root));
}

/** The text at `path`, or the texts of the list there, before the document is checked: which further files to read has to be known first. */
export function peekConfig(source: ConfigSource<TSchema>, path: ConfigPath): readonly string[] {
  const laid = layers(source);
  if (!laid.ok) return [];
  let value = plainValue(laid.value.root);
  for (const step of path)
    value = typeof value === "object" && value !== null ? (value as Record<string | number, unknown>)[step] : undefined;
  return (Array.isArray(value) ? value : [value]).filter((text): text is string => typeof text === "string");
}

interface Layers {
  readonly root: ConfigNode;
  readonly problems: readonly ConfigProblem[];
}

function layers({ file, text, schema, environment }: ConfigSource<TSchema>): Result<Layers, readonly ConfigProblem[]> {
  const parsed = parseYaml(file, text);
  if (!parsed.ok) return parsed;
  // An empty file is an empty map: then the missing keys are named one by one.
  const empty = parsed.value.kind === "scalar" && parsed.value.value === null;
  const root: ConfigNode = empty ? { kind: "map", place: parsed.value.place, entries: new Map() } : parsed.value;
  return ok(overlayEnvironment(root, schema, environment ?? {}));
}

function readOf<T>(root: ConfigNode): ReadConfig<T> {
  return {
    value: plainValue(root) as T,
    place: (path) => originPlace(root, path) ?? DEFAULT_PLACE,
    problem: (path, message) => ({ place: nearestPlace(root, path), path, message }),
    keyPlace: (path) => keyPlace(root, path),
    check: (path, schema) => checkSchema(schema, root, path),
  };
}
