import protobuf from "protobufjs";

/** Where in the message the pass is; grows and shrinks with it. */
type Path = (string | number)[];

/**
 * Turns a plain object into what protobufjs encodes, and checks it on the way: protobufjs itself ignores fields it does not know, enum names
 * it does not know and numbers out of range, so that a typo would vanish without a word. Two equal messages become the same bytes whatever
 * the order of their keys: map keys are sorted, and a scalar without presence that holds its default is left out.
 *
 * One pass over the message, one lookup per key. Only `encode` pays it, and a resource is encoded once per version.
 */
type Convert = (value: unknown, path: Path) => unknown;

interface FieldRule {
  readonly convert: Convert;
  /** Absent and default are the same thing on the wire. */
  readonly omitted: (converted: unknown) => boolean;
  readonly oneof: string | undefined;
}

type Rules = ReadonlyMap<string, FieldRule>;

const converters = new WeakMap<protobuf.Type, Convert>();

/** The conversion of one message type, made on first use. Throws TypeError, with the path, at a message that does not fit the schema. */
export function converterOf(type: protobuf.Type): Convert {
  const known = converters.get(type);
  if (known !== undefined) return known;
  let rules: Rules | undefined;
  const convert: Convert = (value, path) => {
    rules ??= new Map(type.fieldsArray.map((field) => [field.name, ruleOf(field)]));
    return convertMessage({ type, rules }, value, path);
  };
  converters.set(type, convert);
  return convert;
}

function convertMessage({ type, rules }: { type: protobuf.Type; rules: Rules }, value: unknown, path: Path): unknown {
  const message = objectAt(value, path);
  const out: Record<string, unknown> = {};
  let chosen: Map<string, string> | undefined;
  for (const key of Object.keys(message)) {
    path.push(key);
    const rule = rules.get(key);
    if (rule === undefined) throw misfit(path, `${type.fullName.slice(1)} has no such field`);
    const given = message[key];
    if (given !== undefined && given !== null) {
      if (rule.oneof !== undefined) {
        chosen ??= new Map();
        const other = chosen.get(rule.oneof);
        if (other !== undefined) throw misfit(path, `only one of ${rule.oneof} may be set, and ${other} is`);
        chosen.set(rule.oneof, key);
      }
      const converted = rule.convert(given, path);
      if (!rule.omitted(converted)) out[key] = converted;
    }
    path.pop();
  }
  return out;
}

function ruleOf(field: protobuf.Field): FieldRule {
  field.resolve();
  const single = singleConvert(field);
  if (field instanceof protobuf.MapField) {
    if (field.keyType !== "string") throw new Error(`${field.fullName}: only maps with string keys are supported`);
    return { convert: mapOf(single), omitted: never, oneof: undefined };
  }
  if (field.repeated) return { convert: listOf(single), omitted: never, oneof: undefined };
  return { convert: single, omitted: field.hasPresence ? never : isDefault, oneof: field.partOf?.name };
}

function singleConvert(field: protobuf.Field): Convert {
  if (field.resolvedType instanceof protobuf.Type) return converterOf(field.resolvedType);
  if (field.resolvedType instanceof protobuf.Enum) return enumOf(field.resolvedType);
  const scalar = SCALARS[field.type];
  if (scalar === undefined) throw new Error(`${field.fullName}: ${field.type} is not supported`);
  return scalar;
}

const never = (): boolean => false;
const isDefault = (value: unknown): boolean =>
  value === 0 || value === "" || value === false || (value instanceof Uint8Array && value.length === 0);

function listOf(convert: Convert): Convert {
  return (value, path) => {
    if (!Array.isArray(value)) throw misfit(path, "expected an array");
    return value.map((item: unknown, i) => {
      path.push(i);
      const converted = convert(item, path);
      path.pop();
      return converted;
    });
  };
}

function mapOf(convert: Convert): Convert {
  return (value, path) => {
    const map = objectAt(value, path);
    // Without a prototype: "__proto__" is a key like any other.
    const out = Object.create(null) as Record<string, unknown>;
    for (const key of Object.keys(map).sort()) {
      path.push(key);
      out[key] = convert(map[key], path);
      path.pop();
    }
    return out;
  };
}

function enumOf(type: protobuf.Enum): Convert {
  return (value, path) => {
    const number = typeof value === "string" ? type.values[value] : value;
    if (typeof number !== "number" || type.valuesById[number] === undefined) {
      throw misfit(path, `${JSON.stringify(value)} is not a value of ${type.fullName.slice(1)}`);
    }
    return number;
  };
}

/** Accepts what `test` accepts, as it is. */
function scalar(expected: string, test: (value: unknown) => boolean): Convert {
  return (value, path) => {
    if (!test(value)) throw misfit(path, `expected ${expected}, got ${typeof value === "number" ? value : typeof value}`);
    return value;
  };
}

const isNumber = (value: unknown): value is number => typeof value === "number";
const safe = (value: unknown, least: number): boolean => isNumber(value) && Number.isSafeInteger(value) && value >= least;

/** The scalar types the schema has. 64-bit numbers are JavaScript numbers here, exact to 2^53. */
const SCALARS: Readonly<Record<string, Convert>> = {
  string: scalar("a string", (value) => typeof value === "string"),
  bool: scalar("a boolean", (value) => typeof value === "boolean"),
  bytes: scalar("bytes", (value) => value instanceof Uint8Array),
  double: scalar("a number", isNumber),
  float: scalar("a number", isNumber),
  int32: scalar("a whole number of 32 bits", (value) => isNumber(value) && (value | 0) === value),
  uint32: scalar("a whole number from 0 to 4294967295", (value) => isNumber(value) && value >>> 0 === value),
  int64: scalar("a whole number", (value) => safe(value, Number.MIN_SAFE_INTEGER)),
  uint64: scalar("a whole number from 0", (value) => safe(value, 0)),
};

function objectAt(value: unknown, path: Path): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw misfit(path, "expected an object");
  return value as Readonly<Record<string, unknown>>;
}

function misfit(path: Path, problem: string): TypeError {
  const [message, ...rest] = path;
  const place = rest.map((part) => (typeof part === "number" ? `[${part}]` : `.${part}`)).join("");
  return new TypeError(`${message}${place}: ${problem}`);
}
