import { Document, isScalar, visit } from "yaml";
import { type ConfigPath, formatPlace, type Place } from "./place.js";

/** Effective settings as YAML; beside every single value, where it came from. */
export function printTree(tree: unknown, placeOf: (path: ConfigPath) => Place | string): string {
  const document = new Document(tree, { aliasDuplicateObjects: false });
  const comment = (path: ConfigPath) => {
    const place = placeOf(path);
    return ` ${typeof place === "string" ? place : formatPlace(place)}`;
  };
  visit(document, {
    Scalar(key, node, ancestors) {
      if (key !== "key") node.comment = comment(pathOf(key, ancestors));
    },
  });
  return document.toString({ lineWidth: 0 });
}

/** The path of a visited node, from the pairs and lists above it. */
function pathOf(key: unknown, ancestors: readonly unknown[]): ConfigPath {
  const path: (string | number)[] = [];
  for (const [at, ancestor] of ancestors.entries()) {
    const below = ancestors[at + 1];
    if (isPairLike(ancestor)) path.push(String(ancestor.key.value));
    else if (isListLike(ancestor)) path.push(below === undefined ? Number(key) : ancestor.items.indexOf(below));
  }
  return path;
}

function isPairLike(value: unknown): value is { readonly key: { readonly value: unknown } } {
  return typeof value === "object" && value !== null && "key" in value && isScalar(value.key);
}

function isListLike(value: unknown): value is { readonly items: readonly unknown[] } {
  return typeof value === "object" && value !== null && "items" in value && value.constructor.name === "YAMLSeq";
}
