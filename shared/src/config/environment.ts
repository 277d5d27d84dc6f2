// Single values from the environment: FAIRLEAD_XDS__LISTEN sets xds.listen.
//
// The rule: after the prefix, `__` separates keys; within a key case and single `_` do not matter (STATEDIR and STATE_DIR are
// stateDir). Only single values of fixed keys can be set: not lists, not maps, nothing inside a list or a map of names.
// A variable of the prefix that fits no key is an error, so that a misspelt one is noticed. Two kinds are left alone: names
// reserved for other uses, and the variables Kubernetes makes of a Service called after us (FAIRLEAD_X_SERVICE_HOST, FAIRLEAD_X_PORT).

import type { TSchema } from "typebox";
import { asJsonSchema, type JsonSchema, shortForm } from "./json-schema.js";
import { nearest } from "./nearest.js";
import { type ConfigPath, formatPath, type Place } from "./place.js";
import type { ConfigProblem } from "./problem.js";
import type { ConfigNode, MapEntry, Scalar } from "./tree.js";

export type Environment = Readonly<Record<string, string | undefined>>;

const PREFIX = "FAIRLEAD_";
/** How much is logged is decided before the configuration is read. */
const RESERVED: ReadonlySet<string> = new Set(["FAIRLEAD_LOG_LEVEL"]);
/** https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables */
const KUBERNETES_SERVICE = /^(?!.*__).*_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$/;

interface Override {
  readonly path: ConfigPath;
  readonly place: Place;
  readonly value: Scalar;
}

/** The document with the environment's values laid over it. */
export function overlayEnvironment(root: ConfigNode, schema: TSchema, environment: Environment) {
  const problems: ConfigProblem[] = [];
  const taken = new Map<string, string>();
  let result = root;
  for (const [variable, text] of Object.entries(environment).sort(([one], [other]) => (one < other ? -1 : 1))) {
    if (text === undefined || !variable.startsWith(PREFIX) || RESERVED.has(variable) || KUBERNETES_SERVICE.test(variable)) continue;
    const found = overrideOf({ variable, text }, asJsonSchema(schema));
    if ("message" in found) {
      problems.push(found);
      continue;
    }
    const key = formatPath(found.path);
    const other = taken.get(key);
    taken.set(key, variable);
    if (other !== undefined) problems.push({ ...found, message: `${other} sets the same key` });
    else result = withValue(result, found, 0);
  }
  return { root: result, problems };
}

function overrideOf({ variable, text }: { variable: string; text: string }, schema: JsonSchema): Override | ConfigProblem {
  const place: Place = { kind: "environment", variable };
  const path: string[] = [];
  let here = schema;
  for (const word of variable.slice(PREFIX.length).split("__")) {
    const known = Object.keys(here.properties ?? {});
    if (known.length === 0) return { place, path, message: notSettable(here) };
    const key = known.find((candidate) => sameWord(candidate, word));
    const next = key === undefined ? undefined : here.properties?.[key];
    if (key === undefined || next === undefined) return { place, path, message: unknownWord(word, known) };
    path.push(key);
    here = next;
  }
  const single = singleValue(here);
  return single === undefined ? { place, path, message: notSettable(here) } : { place, path, value: typed(text, single) };
}

function sameWord(key: string, word: string): boolean {
  return key.toLowerCase() === word.replaceAll("_", "").toLowerCase();
}

function unknownWord(word: string, known: readonly string[]): string {
  const meant = nearest(word.replaceAll("_", ""), known);
  const hint = meant === undefined ? `the keys here are ${known.join(", ")}` : `did you mean "${meant}"?`;
  return `no key is called ${word.slice(0, 80)} here; ${hint} (__ separates keys)`;
}

function notSettable(schema: JsonSchema): string {
  const what = singleValue(schema) !== undefined ? "a single value with no keys in it" : schema.type === "array" ? "a list" : "a map";
  return `this is ${what}; the environment sets single values of fixed keys only`;
}

/** The schema a single value has to fit, or undefined when only a list or a map would. */
function singleValue(schema: JsonSchema): JsonSchema | undefined {
  const short = shortForm(schema);
  if (short !== undefined) return singleValue(short);
  return schema.type === "object" || schema.type === "array" ? undefined : schema;
}

/** A text that is not of the wanted kind stays a text, and the schema check says what was expected. */
function typed(text: string, schema: JsonSchema): Scalar {
  const types = [schema.type ?? "string"].flat();
  if ((types.includes("integer") || types.includes("number")) && /^-?\d{1,15}(\.\d{1,15})?$/.test(text)) return Number(text);
  if (types.includes("boolean") && (text === "true" || text === "false")) return text === "true";
  return text;
}

/** A copy with the value at its path. What stands in the way and is not a map is left for the schema check to report. */
function withValue(node: ConfigNode | undefined, override: Override, depth: number): ConfigNode {
  const { place, path, value } = override;
  const key = path[depth];
  if (key === undefined) return { kind: "scalar", place, value };
  const inTheWay = node !== undefined && node.kind !== "map" && !(node.kind === "scalar" && node.value === null);
  if (inTheWay) return node;
  const entries = new Map<string, MapEntry>(node?.kind === "map" ? node.entries : []);
  const old = entries.get(String(key));
  entries.set(String(key), { keyPlace: old?.keyPlace ?? place, node: withValue(old?.node, override, depth + 1) });
  return { kind: "map", place: node?.place ?? place, entries };
}
