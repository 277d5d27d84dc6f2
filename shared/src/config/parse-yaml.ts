import {
  type Alias,
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  Parser,
  type YAMLMap,
  type YAMLParseError,
} from "yaml";
import { fail, ok, type Result } from "../result.js";
import { type ConfigPath, formatPlace, type Place } from "./place.js";
import type { ConfigProblem } from "./problem.js";
import type { ConfigNode, MapEntry, Scalar } from "./tree.js";

/** A hundred thousand endpoints fit; the parsed form of more would crowd the heap. Checked before parsing, and by `readFiles` before reading. */
export const MAX_CONFIG_BYTES = 4 * 1_048_576;
/** Values after aliases are followed: what a file of the largest size can hold without aliases, rounded up. */
const MAX_NODES = 2_000_000;
/** Aliases followed in one document; nested aliases double the document with every level ("billion laughs"). */
const MAX_ALIASES = 100;
/** The deepest key we know is at level 7. */
const MAX_DEPTH = 32;
/** Of what is not looked at yet: a thousand levels end the process (see `isTooDeep`), a few more than `MAX_DEPTH` are told apart by the walk. */
const MAX_TOKEN_DEPTH = 100;

/** Parses one YAML 1.2 document, with the place of every key and value. Never throws. */
export function parseYaml(file: string, text: string): Result<ConfigNode, readonly ConfigProblem[]> {
  const start: Place = { kind: "file", file, line: 1, column: 1 };
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_CONFIG_BYTES) return fail([{ place: start, path: [], message: tooLarge(bytes) }]);
  const lines = new LineCounter();
  // Duplicate keys are found by the walk below: the library's own check is quadratic and knows one place only.
  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  if (tokens.some(isTooDeep)) return fail([{ place: start, path: [], message: `nested deeper than ${MAX_DEPTH} levels` }]);
  const [document, second] = new Composer({ uniqueKeys: false, prettyErrors: false, logLevel: "error" }).compose(tokens, true, text.length);
  if (document === undefined) return ok({ kind: "scalar", place: start, value: null });
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { kind: "file", file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  if (document.errors.length > 0) {
    return fail(document.errors.map((error) => ({ place: placeAt(error.pos[0]), path: [], message: reasonOf(error) })));
  }
  if (second !== undefined) return fail([{ place: placeAt(second.range[0]), path: [], message: SECOND_DOCUMENT }]);
  const walk = new Walk(document, placeAt);
  const root = walk.visit(document.contents, [], start);
  return walk.problems.length > 0 ? fail(walk.problems) : ok(root);
}

const SECOND_DOCUMENT = "a second YAML document begins here; a configuration file is one document";

/**
 * The library makes nodes of tokens by recursion: a thousand levels or two end the whole process (V8: "RegExpCompiler
 * Allocation failed"), which nothing can catch. Tokens are made without, and so are counted here without.
 */
function isTooDeep(root: CST.Token): boolean {
  const open: { readonly token: CST.Token | null | undefined; readonly depth: number }[] = [{ token: root, depth: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { token, depth } = next;
    if (depth > MAX_TOKEN_DEPTH) return true;
    if (token === null || token === undefined) continue;
    if (token.type === "document") open.push({ token: token.value, depth });
    else if ("items" in token) {
      for (const { key, value } of token.items) open.push({ token: key, depth: depth + 1 }, { token: value, depth: depth + 1 });
    }
  }
  return false;
}

function reasonOf({ message }: YAMLParseError): string {
  return `not YAML: ${oneLine(message)}`;
}

/** What is said of a file over the limit. */
export function tooLarge(bytes: number): string {
  return `${bytes} bytes; a configuration file may have ${MAX_CONFIG_BYTES} at most`;
}

class Walk {
  readonly problems: ConfigProblem[] = [];
  readonly #document: Document;
  readonly #placeAt: (offset: number) => Place;
  #nodes = 0;
  #aliases = 0;
  #stopped = false;

  constructor(document: Document, placeAt: (offset: number) => Place) {
    this.#document = document;
    this.#placeAt = placeAt;
  }

  visit(node: Node | null | undefined, path: ConfigPath, fallback: Place): ConfigNode {
    const place = node?.range ? this.#placeAt(node.range[0]) : fallback;
    const nothing: ConfigNode = { kind: "scalar", place, value: null };
    this.#nodes += 1;
    if (this.#stopped) return nothing;
    if (this.#nodes > MAX_NODES) return this.#stop(place, path, `more than ${MAX_NODES} values`);
    if (path.length > MAX_DEPTH) return this.#stop(place, path.slice(0, 4), `nested deeper than ${MAX_DEPTH} levels`);
    if (isAlias(node)) return this.#follow(node, path, place);
    if (isScalar(node)) return { kind: "scalar", place, value: scalarOf(node.value) };
    if (isSeq(node)) {
      return { kind: "list", place, items: node.items.map((item, index) => this.visit(item as Node | null, [...path, index], place)) };
    }
    return isMap(node) ? { kind: "map", place, entries: this.#entries(node, path, place) } : nothing;
  }

  #entries(map: YAMLMap, path: ConfigPath, place: Place): ReadonlyMap<string, MapEntry> {
    const entries = new Map<string, MapEntry>();
    for (const pair of map.items) {
      const keyNode = isAlias(pair.key) ? pair.key.resolve(this.#document) : pair.key;
      const range = (pair.key as Node | null)?.range;
      const keyPlace = range ? this.#placeAt(range[0]) : place;
      if (!isScalar(keyNode)) {
        this.problems.push({ place: keyPlace, path, message: "a key must be a single word or number" });
        continue;
      }
      const key = String(keyNode.source ?? keyNode.value);
      const first = entries.get(key);
      const here = [...path, key];
      if (first === undefined) entries.set(key, { keyPlace, node: this.visit(pair.value as Node | null, here, keyPlace) });
      else this.problems.push({ place: keyPlace, path: here, message: `defined twice; first at ${formatPlace(first.keyPlace)}` });
    }
    return entries;
  }

  #follow(alias: Alias, path: ConfigPath, place: Place): ConfigNode {
    this.#aliases += 1;
    if (this.#aliases > MAX_ALIASES)
      return this.#stop(place, path, `more than ${MAX_ALIASES} YAML aliases are followed; write the values out`);
    const target = alias.resolve(this.#document);
    if (target === undefined) return this.#stop(place, path, `the alias *${alias.source} names no anchor before it`);
    return this.visit(target, path, place);
  }

  /** A limit is reported once; what follows is not looked at. */
  #stop(place: Place, path: ConfigPath, message: string): ConfigNode {
    this.#stopped = true;
    this.problems.push({ place, path, message });
    return { kind: "scalar", place, value: null };
  }
}

function scalarOf(value: unknown): Scalar {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  return value === null || value === undefined ? null : String(value);
}

function oneLine(message: string): string {
  return message.replace(/\s+/g, " ").slice(0, 300);
}
