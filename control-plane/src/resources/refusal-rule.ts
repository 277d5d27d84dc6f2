import type { ClientKind } from "./client-kind.js";

/** Something that some client refuses, or takes and then does not work with. */
export interface RefusalRule<Message> {
  /** Who does so, and how that is known. */
  readonly source: string;
  /** What of the message is refused by this rule, in words; undefined when nothing is. */
  readonly find: (message: Message, kind: ClientKind) => string | undefined;
}

/** First of `items` that there is something to say about. */
export function firstOf<T>(items: readonly T[], say: (item: T, index: number) => string | undefined): string | undefined {
  for (const [index, item] of items.entries()) {
    const said = say(item, index);
    if (said !== undefined) return said;
  }
  return undefined;
}

/** First of `items` that stands there a second time. */
export function repeated(items: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return items.find((item) => seen.size === seen.add(item).size);
}

/** Weights of one level of choice are added up in 32 bits. */
export const WEIGHT_SUM_MAX = 2 ** 32 - 1;
