// Schema pieces both planes' configurations are made of. Each carries the words its error messages use.

import Type, { type Static, type TSchema } from "typebox";
import { DURATION_PATTERN, MAX_WEIGHT, SERVICE_NAME_PATTERN } from "../model.js";

/** A map with exactly these keys. */
export function keys<Properties extends Type.TProperties>(properties: Properties, description: string) {
  return Type.Object(properties, { additionalProperties: false, description });
}

export function duration(description: string) {
  return Type.String({ pattern: DURATION_PATTERN, expects: "a duration such as 500ms, 5s or 2m", description });
}

export function choice<const Values extends readonly string[]>(values: Values, description: string) {
  return Type.Unsafe<Values[number]>({ enum: [...values], description });
}

export function wholeNumber(minimum: number, maximum: number, description: string) {
  return Type.Integer({ minimum, maximum, description });
}

export function weight(description: string) {
  return wholeNumber(0, MAX_WEIGHT, description);
}

/** One of several maps, told apart by a key; a mistake is explained against the chosen one only. */
export function taggedBy<Branches extends readonly TSchema[]>(tag: string, branches: Branches, description: string) {
  return Type.Unsafe<Static<Branches[number]>>({
    type: "object",
    required: [tag],
    discriminator: { propertyName: tag },
    oneOf: [...branches],
    description,
  });
}

/** A short form or a map: `lb: least-request` beside `lb: { policy: least-request }`. */
export function shortOrMap<Short extends TSchema, Map extends TSchema>(short: Short, map: Map, description: string) {
  const isMap = { type: "object" };
  // Not anyOf: a mistake in one form would be explained against both.
  return Type.Unsafe<Static<Short> | Static<Map>>({
    allOf: [
      { if: isMap, else: short },
      { if: { not: isMap }, else: map },
    ],
    description,
  });
}

/** One value or a list of them: `include: a.yaml` beside `include: [a.yaml, b.yaml]`. */
export function oneOrMore<One extends TSchema>(one: One, options: { readonly maxItems: number; readonly description: string }) {
  const isList = { type: "array" };
  const list = Type.Array(one, { minItems: 1, ...options });
  return Type.Unsafe<Static<One> | readonly Static<One>[]>({
    allOf: [
      { if: isList, else: one },
      { if: { not: isList }, else: list },
    ],
    description: options.description,
  });
}

export function listen(description: string) {
  return keys(
    { listen: Type.String({ expects: "an address such as 127.0.0.1:18000", description: "ip:port or localhost:port; IPv6 in brackets" }) },
    description,
  );
}

const serviceNameWords = {
  pattern: SERVICE_NAME_PATTERN,
  expects: "a service name (a-z 0-9 . _ -, beginning and ending with a letter or digit)",
};

export function service(description: string) {
  return Type.String({ ...serviceNameWords, description });
}

/** A map whose keys are service names. */
export function byService<Value extends TSchema>(value: Value, options: { readonly maxProperties: number; readonly description: string }) {
  return Type.Record(Type.String(), value, { propertyNames: { type: "string", ...serviceNameWords }, ...options });
}

/** A zone's name travels in every endpoint's locality. */
export function zone(description: string) {
  return Type.String({ pattern: "^[A-Za-z0-9._-]{1,128}$", expects: "a zone name of letters, digits, . _ and -", description });
}

/** What a process or a node is called: in logs, in the xDS node id, in paths of the admin interface. */
export function identifier(description: string) {
  return Type.String({
    pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$",
    expects: "a name of at most 253 letters, digits, . _ and -, beginning with a letter or digit",
    description,
  });
}
