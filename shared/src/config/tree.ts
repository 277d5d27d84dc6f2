// A configuration with the place of everything in it. Values and places stay together until both are asked for.

import type { ConfigPath, Place } from "./place.js";

export type Scalar = string | number | boolean | null;

export type ConfigNode = ScalarNode | ListNode | MapNode;

interface ScalarNode {
  readonly kind: "scalar";
  readonly place: Place;
  readonly value: Scalar;
}
interface ListNode {
  readonly kind: "list";
  readonly place: Place;
  readonly items: readonly ConfigNode[];
}
interface MapNode {
  readonly kind: "map";
  readonly place: Place;
  readonly entries: ReadonlyMap<string, MapEntry>;
}
export interface MapEntry {
  readonly keyPlace: Place;
  readonly node: ConfigNode;
}

/** Plain values. Maps have no prototype, so that a key called `__proto__` is a key like any other. */
export function plainValue(node: ConfigNode): unknown {
  if (node.kind === "scalar") return node.value;
  if (node.kind === "list") return node.items.map(plainValue);
  const value: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const [key, entry] of node.entries) value[key] = plainValue(entry.node);
  return value;
}

/** The node at `path`, or undefined where nothing is written. */
export function nodeAt(root: ConfigNode, path: ConfigPath): ConfigNode | undefined {
  let node: ConfigNode | undefined = root;
  for (const step of path) node = child(node, step)?.node;
  return node;
}

/** The place of the key at `path` if it is one of a map, else of its value; of the nearest written ancestor if it is not written. */
export function keyPlace(root: ConfigNode, path: ConfigPath): Place {
  let place = root.place;
  let node: ConfigNode | undefined = root;
  for (const step of path) {
    const entry: MapEntry | undefined = child(node, step);
    if (entry === undefined) return place;
    place = entry.keyPlace;
    node = entry.node;
  }
  return place;
}

/** The place of the value at `path`; the key where the value is a map or a list; the nearest written ancestor where nothing is written. */
export function nearestPlace(root: ConfigNode, path: ConfigPath): Place {
  const node = nodeAt(root, path);
  return node?.kind === "scalar" ? node.place : keyPlace(root, path);
}

/**
 * Where the value at `path` comes from, or undefined when it is nowhere written. A scalar stands for all that is under it:
 * `lb: least-request` is where `lb.policy` comes from.
 */
export function originPlace(root: ConfigNode, path: ConfigPath): Place | undefined {
  let node: ConfigNode = root;
  for (const step of path) {
    if (node.kind === "scalar") return node.value === null ? undefined : node.place;
    const entry = child(node, step);
    if (entry === undefined) return undefined;
    node = entry.node;
  }
  return node.place;
}

function child(node: ConfigNode | undefined, step: string | number): MapEntry | undefined {
  if (node?.kind === "map" && typeof step === "string") return node.entries.get(step);
  const item = node?.kind === "list" && typeof step === "number" ? node.items[step] : undefined;
  return item === undefined ? undefined : { keyPlace: item.place, node: item };
}
