// A client that keeps the rules, with messages on their way in both directions, and writes down what breaks a promise.

import type { ResourceSets } from "../resource-set.js";
import { typeRules } from "../resource-types.js";
import { ScriptedStream, type Seen } from "./scripted-stream.js";

export interface ModelClient {
  readonly violations: readonly string[];
  /** Subscribes to exactly these from now on; "*" is everything. */
  want(names: readonly string[]): void;
  /** Delta: asks again for what it asked for already. */
  repeat(name: string): void;
  /** The server's view changes. */
  see(sets: ResourceSets): void;
  /** The oldest response on its way arrives and is answered. False where there is none. */
  deliver(): boolean;
  covers(name: string): boolean;
  has(name: string): string | undefined;
}

export function newModelClient(variant: "sotw" | "delta", typeUrl: string, sets: ResourceSets): ModelClient {
  return new Model(variant, typeUrl, sets);
}

/** Resources at this version are refused, whatever their name. */
const BAD = "bad";

class Model implements ModelClient {
  readonly violations: string[] = [];
  readonly #stream: ScriptedStream;
  readonly #variant: "sotw" | "delta";
  readonly #typeUrl: string;
  readonly #fullState: boolean;
  #sets: ResourceSets;
  #names: readonly string[] = [];
  #everNamed = false;
  #asked = false;
  readonly #has = new Map<string, string>();
  readonly #refused = new Set<string>();
  /** Of those, the ones it was plain to the server that they were meant. */
  readonly #plainlyRefused = new Set<string>();
  /** Names asked for since they were last sent: these may be sent at a version the client has. */
  readonly #named = new Set<string>();
  /** Names the server cannot know the version of. */
  readonly #unsure = new Set<string>();
  readonly #onTheWay: Seen[] = [];
  #nonce = "";
  #unanswered = false;

  constructor(variant: "sotw" | "delta", typeUrl: string, sets: ResourceSets) {
    this.#variant = variant;
    this.#typeUrl = typeUrl;
    this.#fullState = variant === "sotw" && typeRules(typeUrl).fullState;
    this.#sets = sets;
    this.#stream = new ScriptedStream(sets, { variant });
  }

  want(names: readonly string[]): void {
    const before = this.#asked ? this.#names : [];
    const added = names.filter((name) => !before.includes(name));
    const dropped = before.filter((name) => !names.includes(name));
    if (this.#asked && this.#variant === "delta" && added.length + dropped.length === 0) return;
    this.#everNamed ||= names.length > 0;
    // An empty first list of a delta client is a wildcard that later names add to; one that wants nothing says nothing.
    if (this.#variant === "delta" && !this.#asked && names.length === 0) return;
    this.#asked = true;
    this.#names = names;
    for (const name of [...added, ...dropped]) this.#named.add(name);
    this.#dropUncovered();
    if (this.#variant === "delta") this.#receive(this.#stream.delta(this.#typeUrl, { subscribe: added, unsubscribe: dropped }));
    else this.#receive(this.#stream.sotw(this.#typeUrl, names, { nonce: this.#nonce }));
  }

  repeat(name: string): void {
    if (this.#variant === "sotw" || !this.#names.includes(name)) return;
    this.#named.add(name);
    this.#receive(this.#stream.delta(this.#typeUrl, { subscribe: [name] }));
  }

  see(sets: ResourceSets): void {
    this.#sets = sets;
    this.#receive(this.#stream.view(sets));
  }

  deliver(): boolean {
    const response = this.#onTheWay.shift();
    if (response === undefined) return false;
    this.#nonce = response.nonce;
    const bad = this.#take(response);
    for (const name of response.removed) this.#forget(name);
    const refusal = bad.length > 0 ? { reason: "bad", resources: this.#variant === "delta" ? bad : [] } : undefined;
    this.#unanswered = false;
    if (this.#variant === "delta") this.#receive(this.#stream.delta(this.#typeUrl, { nonce: response.nonce, refusal }));
    else this.#receive(this.#stream.sotw(this.#typeUrl, this.#names, { nonce: response.nonce, refusal }));
    return true;
  }

  /** Applies what is good of a response, and answers with the names of what is not. */
  #take({ content: { resources } }: Seen): readonly string[] {
    if (this.#fullState) for (const name of [...this.#has.keys()]) if (!resources.some((one) => one.name === name)) this.#has.delete(name);
    const offered = resources.filter((resource) => this.covers(resource.name));
    const bad = offered.filter((resource) => resource.version === BAD).map((resource) => resource.name);
    // Who does not say which of several it refused cannot expect the server to know what it has.
    const isVague = this.#variant === "sotw" && bad.length > 0 && resources.length > 1;
    for (const { name, version } of offered) {
      const isNews = this.#has.get(name) !== version || this.#unsure.has(name);
      if (isVague) this.#unsure.add(name);
      if (bad.length === 0) this.#unsure.delete(name);
      if (version === BAD) this.#refused.add(name);
      else if (isNews) this.#refused.delete(name);
      if (version === BAD && !isVague) this.#plainlyRefused.add(name);
      else if (isNews) this.#plainlyRefused.delete(name);
      if (version !== BAD) this.#has.set(name, version);
    }
    return bad;
  }

  covers(name: string): boolean {
    return this.#isWildcard || this.#names.includes(name);
  }

  has(name: string): string | undefined {
    return this.#has.get(name);
  }

  get #isWildcard(): boolean {
    if (!typeRules(this.#typeUrl).wildcard) return false;
    return this.#names.includes("*") || (this.#asked && !this.#everNamed);
  }

  #receive(responses: readonly Seen[]): void {
    for (const response of responses) {
      this.#check(response);
      for (const { name } of response.content.resources) this.#named.delete(name);
      this.#onTheWay.push(response);
      this.#unanswered = true;
    }
  }

  /** Looked at when it is sent: everything sent before has been answered, so that the server can know what the client has. */
  #check({ content }: Seen): void {
    if (this.#unanswered) this.violations.push("sent although a response is unanswered");
    const isUnavailable = (name: string) => this.#sets.absence(this.#typeUrl, name).kind === "unavailable" && !this.#isPresent(name);
    for (const name of content.removed) if (isUnavailable(name)) this.violations.push(`${name} removed although nobody knows`);
    if (this.#fullState) {
      const sent = new Set(content.resources.map((resource) => resource.name));
      for (const name of this.#sets.types.get(this.#typeUrl)?.resources.keys() ?? []) {
        if (this.covers(name) && !sent.has(name) && this.#onTheWay.length === 0) this.violations.push(`full state without ${name}`);
      }
      for (const name of this.#has.keys())
        if (!sent.has(name) && isUnavailable(name) && this.covers(name)) this.violations.push(`${name} left out although nobody knows`);
      return;
    }
    for (const { name, version } of content.resources) {
      if (this.#has.get(name) === version && !this.#named.has(name) && !this.#unsure.has(name))
        this.violations.push(`${name}@${version} sent to a client that has it`);
      if (version === BAD && this.#plainlyRefused.has(name) && !(this.#variant === "sotw" && this.#named.has(name)))
        this.violations.push(`${name}@${version} sent although it was refused`);
    }
  }

  #isPresent(name: string): boolean {
    return this.#sets.types.get(this.#typeUrl)?.resources.has(name) === true;
  }

  #dropUncovered(): void {
    for (const name of [...this.#has.keys(), ...this.#refused]) if (!this.covers(name)) this.#forget(name);
  }

  #forget(name: string): void {
    this.#has.delete(name);
    this.#refused.delete(name);
    this.#plainlyRefused.delete(name);
  }
}
