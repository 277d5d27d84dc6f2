import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import type { TSchema } from "typebox";
import { expectation, type JsonSchema, tagsOf } from "./json-schema.js";
import { nearest } from "./nearest.js";
import type { ConfigPath } from "./place.js";
import type { ConfigProblem } from "./problem.js";
import { type ConfigNode, keyPlace, nearestPlace, nodeAt, plainValue } from "./tree.js";

/** Compiling a schema takes milliseconds and reloads use it again. */
const compiled = new WeakMap<TSchema, ValidateFunction>();

/** What of `root` at `path` is not as the schema says, in the order it is written; empty when all is well. */
export function checkSchema(schema: TSchema, root: ConfigNode, path: ConfigPath = []): readonly ConfigProblem[] {
  const node = nodeAt(root, path);
  const validate = validatorOf(schema);
  if (node === undefined || validate(plainValue(node))) return [];
  const problems = (validate.errors ?? []).flatMap((error) => problemOf(error, { root, path }) ?? []);
  return problems.sort((one, other) => lineOf(one) - lineOf(other));
}

function validatorOf(schema: TSchema): ValidateFunction {
  const known = compiled.get(schema);
  if (known !== undefined) return known;
  // `verbose` keeps the schema a value broke, which holds the words for it; strict types and required do not know unions by tag.
  const ajv = new Ajv({ allErrors: true, verbose: true, discriminator: true, strictTypes: false, strictRequired: false });
  ajv.addVocabulary(["expects"]);
  const validate = ajv.compile(schema);
  compiled.set(schema, validate);
  return validate;
}

function lineOf({ place }: ConfigProblem): number {
  return place.kind === "file" ? place.line : 0;
}

function problemOf(error: ErrorObject, { root, path: base }: { root: ConfigNode; path: ConfigPath }): ConfigProblem | undefined {
  const path = [...base, ...pathOf(root, base, error.instancePath)];
  const schema = (error.parentSchema ?? {}) as JsonSchema;
  const params = error.params as Readonly<Record<string, unknown>>;
  if (error.propertyName !== undefined) {
    const named = [...path, error.propertyName];
    return { place: keyPlace(root, named), path: named, message: `expected ${expectation(schema)} as the key` };
  }
  switch (error.keyword) {
    // Both only say that something else failed, and that is reported.
    case "if":
    case "propertyNames":
      return undefined;
    case "additionalProperties":
      return unknownKey(root, [...path, String(params["additionalProperty"])], Object.keys(schema.properties ?? {}));
    case "required":
      return missingKey(root, [...path, String(params["missingProperty"])], schema);
    case "discriminator":
      return wrongTag(root, [...path, String(params["tag"])], schema);
    default:
      return { place: nearestPlace(root, path), path, message: wrongValue(error, schema) };
  }
}

function unknownKey(root: ConfigNode, path: ConfigPath, known: readonly string[]): ConfigProblem {
  const meant = nearest(String(path.at(-1)), known);
  const hint = meant === undefined ? `the keys here are ${known.join(", ")}` : `did you mean "${meant}"?`;
  return { place: keyPlace(root, path), path, message: `unknown key; ${hint}` };
}

function missingKey(root: ConfigNode, path: ConfigPath, schema: JsonSchema): ConfigProblem {
  const key = String(path.at(-1));
  const wanted = schema.discriminator?.propertyName === key ? oneOf(tagsOf(schema)) : expectation(schema.properties?.[key] ?? {});
  return { place: keyPlace(root, path), path, message: `missing; expected ${wanted}` };
}

/** A missing tag is reported as a missing key. */
function wrongTag(root: ConfigNode, path: ConfigPath, schema: JsonSchema): ConfigProblem | undefined {
  const node = nodeAt(root, path);
  if (node === undefined) return undefined;
  const tags = tagsOf(schema);
  const meant = nearest(String(plainValue(node)), tags);
  const hint = meant === undefined ? "" : `; did you mean "${meant}"?`;
  return { place: nearestPlace(root, path), path, message: `expected ${oneOf(tags)}, got ${shown(plainValue(node))}${hint}` };
}

function oneOf(words: readonly string[]): string {
  return `one of ${words.join(", ")}`;
}

function wrongValue(error: ErrorObject, schema: JsonSchema): string {
  const limit = (error.params as { readonly limit?: number }).limit;
  switch (error.keyword) {
    case "minItems":
    case "minProperties":
      return `expected at least ${limit} ${limit === 1 ? "entry" : "entries"}`;
    case "maxItems":
    case "maxProperties":
      return `expected at most ${limit} entries, got ${sizeOf(error.data)}`;
    case "uniqueItems":
      return "expected every entry once";
    default:
      // What was meant to be a password is not repeated.
      if (schema.writeOnly === true) return `expected ${expectation(schema)}`;
      return `expected ${expectation(schema)}, got ${shown(error.data)}${quoteHint(error, schema)}`;
  }
}

/** YAML reads an unquoted 7 as a number and true as a truth value; a person meant the text. */
function quoteHint({ keyword, data }: ErrorObject, schema: JsonSchema): string {
  const text = typeof data === "number" || typeof data === "boolean" ? String(data) : undefined;
  if (keyword !== "type" || schema.type !== "string" || text === undefined) return "";
  const fits = schema.pattern === undefined || new RegExp(schema.pattern, "u").test(text);
  return fits ? `; write it in quotes: "${text}"` : "";
}

function sizeOf(value: unknown): number {
  return Array.isArray(value) ? value.length : Object.keys(value as object).length;
}

/** A value in a message: short, and its kind visible. */
function shown(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (typeof value === "string") return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a map";
  return typeof value === "number" ? `the number ${value}` : String(value);
}

/** JSON Pointer (RFC 6901) to path; whether a step is a position or a key is known from the document. */
function pathOf(root: ConfigNode, base: ConfigPath, pointer: string): ConfigPath {
  const path: (string | number)[] = [];
  for (const step of pointer.split("/").slice(1)) {
    const inList = nodeAt(root, [...base, ...path])?.kind === "list";
    path.push(inList ? Number(step) : step.replaceAll("~1", "/").replaceAll("~0", "~"));
  }
  return path;
}
