// Which names of a type a stream has to look at before it knows that nothing is due: what a publish costs it follows what changed, not
// what is subscribed.

import { changedNames } from "./changed-names.js";
import type { ResourceSet } from "./resource-set.js";
import type { Subscription } from "./subscription.js";

export class Look {
  #names: Set<string> | undefined;

  /** Every name that something is due for is among them; undefined is all of them. */
  get names(): ReadonlySet<string> | undefined {
    return this.#names;
  }

  at(name: string): void {
    this.#names?.add(name);
  }

  atAll(): void {
    this.#names = undefined;
  }

  /** At what differs between two views, as far as it is subscribed. @returns whether anything does */
  atChanged(before: ResourceSet | undefined, after: ResourceSet | undefined, subscription: Subscription): boolean {
    if (before === undefined || after === undefined) {
      this.atAll();
      return true;
    }
    const changed = changedNames(before, after);
    const { names, wildcard } = subscription;
    let any = false;
    for (const name of wildcard || changed.size <= names.size ? changed : names) {
      if (!changed.has(name) || !subscription.covers(name)) continue;
      this.at(name);
      any = true;
    }
    return any;
  }

  /** Everything was looked at, and these names stay open. */
  keep(open: readonly string[] | undefined): void {
    this.#names = open === undefined ? undefined : new Set(open);
  }
}
