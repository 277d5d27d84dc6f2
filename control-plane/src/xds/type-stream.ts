// One type on one stream: what is asked, what was sent, what is unanswered. Both variants, ADS or not.

import { type Answer, fullAnswer, partialAnswer, question, type Standing, type TypeGate } from "./answer.js";
import { EarlierRun } from "./earlier-run.js";
import { Holdings } from "./holdings.js";
import { hastenClaims, Leases, NO_RENEWALS, type Renewals, renewals } from "./leases.js";
import { Look } from "./look.js";
import { Narrowing, type Suspect } from "./narrowing.js";
import { oldestChange } from "./oldest-change.js";
import type { Absence, Resource, ResourceSet, ResourceSets } from "./resource-set.js";
import { type ResourceStanding, standingsOf } from "./resource-standing.js";
import { typeRules } from "./resource-types.js";
import { asQuestion, type ContentParts, type Draft, type ResponseContent, type Unanswered } from "./response-content.js";
import type { Heard, Refusal, StreamRequest, Verdict } from "./stream-request.js";
import { Subscription, type SubscriptionChange } from "./subscription.js";
import type { TypeStreamOptions } from "./type-stream-options.js";

export class TypeStream {
  readonly typeUrl: string;
  readonly subscription: Subscription;
  readonly #options: TypeStreamOptions;
  readonly #fullState: boolean;
  readonly #holdings = new Holdings();
  readonly #narrowing = new Narrowing();
  readonly #earlierRun = new EarlierRun();
  readonly #leases = new Leases();
  /** What the client has from before is held for a time too, and nobody has looked at it yet. */
  #claimsRun = false;
  readonly #owed = new Set<string>();
  readonly #told = new Map<string, Absence["kind"]>();
  #answerOwed = false;
  #newcomer = true;
  #asked = false;
  #sets: ResourceSets | undefined;
  #set: ResourceSet | undefined;
  /** Whether something may be due that was not looked at yet. */
  #dirty = false;
  readonly #look = new Look();
  #unsettled = false;
  /** Of what was published until then nothing is unsaid. */
  #lookedMs = Number.NEGATIVE_INFINITY;
  #lastNonce: string | undefined;
  #unanswered: Unanswered | undefined;
  /** Of the last NACK, for people. */
  #reason = "";

  constructor(options: TypeStreamOptions) {
    const rules = typeRules(options.typeUrl);
    this.typeUrl = options.typeUrl;
    this.#options = options;
    this.#fullState = options.variant === "sotw" && rules.fullState;
    this.subscription = new Subscription(rules.wildcard);
  }

  /** Takes a request of this type. */
  hear(request: StreamRequest): Heard {
    const { asked, nonce } = request;
    if (asked.kind === "sotw" && this.#isOutdated(nonce)) {
      this.subscription.noteOutdated(asked.names);
      return { verdict: undefined, subscriptionChanged: false };
    }
    const verdict = this.#settle(nonce, request.refusal);
    const change =
      asked.kind === "sotw" ? this.subscription.replace(asked.names) : this.subscription.adjust(asked.subscribe, asked.unsubscribe);
    const isFirst = !this.#asked;
    this.#asked = true;
    if (isFirst) this.#earlierRun.came(asked);
    if (this.#lastNonce === undefined) this.#noteClaims(request, isFirst);
    for (const name of change.dropped) this.#drop(name);
    for (const name of change.lapsed) this.#holdings.doubt(name);
    for (const name of change.named) this.#name(name, isFirst);
    this.#noteWildcard(change);
    if (isFirst && asked.kind === "sotw" && this.#fullState) this.#answerOwed = true;
    return { verdict, subscriptionChanged: isFirst || change.named.length + change.dropped.length > 0 || change.wildcard !== "same" };
  }

  /** Takes a new view. Costs nothing when this type did not change and nothing waits for an answer. */
  see(sets: ResourceSets): void {
    // A type that was served does not stop being served: that a view forgot it says nothing about its resources.
    const set = sets.types.get(this.typeUrl) ?? this.#set;
    const before = this.#set;
    if (this.#sets === undefined || this.#unsettled) this.#dirty = true;
    this.#sets = sets;
    this.#set = set;
    if (set !== before && this.#look.atChanged(before, set, this.subscription)) this.#dirty = true;
  }

  #lookAt(name: string): void {
    this.#look.at(name);
    this.#dirty = true;
  }

  /** Sends a name again although its version did not change, if it is asked for (xDS rule R30). */
  owe(name: string): void {
    if (!this.subscription.names.has(name)) return;
    this.#owed.add(name);
    this.#lookAt(name);
  }

  /** Whether the client may have a resource in some version, or has refused it: nothing gains by waiting for it. */
  hasReached(name: string): boolean {
    return this.#holdings.mayHave(name);
  }

  /** How the client stands to every name it asks for or may have, for people. */
  standings(): Iterable<ResourceStanding> {
    const [set, told, sent] = [this.#set, this.#told, this.#unanswered?.content.resources ?? []];
    return standingsOf({ stream: this, holdings: this.#holdings, set, told, sent, reason: this.#reason });
  }

  /** Whether there is nothing to be said; with `answered`, and nothing said that the client has not answered. */
  isQuiet(answered: boolean): boolean {
    return !this.#dirty && (!answered || this.#unanswered === undefined);
  }

  /** When to look again although nothing changes: something the client has runs out. */
  get dueMs(): number | undefined {
    const { dueMs } = this.#leases;
    return this.#unanswered !== undefined || dueMs === Number.POSITIVE_INFINITY ? undefined : dueMs;
  }

  /** Whether `next` has to be asked. */
  get maySpeak(): boolean {
    return this.#unanswered === undefined && (this.#dirty || this.#leases.dueMs <= this.#options.nowMs());
  }

  /** The next response, if one is due and the one before is answered. The caller sends it and says so with `sent`. */
  next(gate: TypeGate): Draft | undefined {
    if (this.#unanswered !== undefined || this.#sets === undefined) return undefined;
    const renewed = this.#options.timed ? this.#renewals(this.#sets) : NO_RENEWALS;
    if (!this.#dirty && renewed === NO_RENEWALS) return undefined;
    if (this.subscription.isEmpty || (this.#set === undefined && this.#options.variant === "sotw")) {
      this.#dirty = false;
      this.#unsettled = false;
      return undefined;
    }
    this.#earlierRun.look(this.#sets, this.#set);
    const standing = this.#standing(this.#sets, gate);
    const answer = this.#answer(standing);
    if (answer.due) return this.#renewing(answer, renewed);
    this.#looked(answer);
    this.#unsettled = answer.unsettled;
    this.#dirty = answer.more;
    this.#look.keep(answer.open);
    if (renewed.standing.length === 0) return this.#question(standing);
    return this.#fullState ? this.#asHeld(answer) : this.#renewing(answer, renewed);
  }

  #renewals(sets: ResourceSets): Renewals {
    const nowMs = this.#options.nowMs();
    const { typeUrl, subscription } = this;
    const [holdings, set] = [this.#holdings, this.#set];
    if (this.#claimsRun && set !== undefined) {
      this.#claimsRun = false;
      hastenClaims(this.#leases, { holdings, set }, nowMs);
    }
    const found = renewals(this.#leases, { typeUrl, subscription, holdings, sets, set }, nowMs);
    for (const name of found.lost) {
      this.#owed.add(name);
      this.#lookAt(name);
    }
    // If one comes back at the same version it is sent again.
    for (const name of found.ending) {
      holdings.doubt(name);
      this.#look.at(name);
    }
    if (!this.#fullState) return found;
    for (const { name } of found.standing) {
      this.#owed.add(name);
      this.#leases.postpone(name, nowMs);
    }
    return found;
  }

  /** An answer, and what of the rest has to be renewed. Envoy renews nothing at a heartbeat of SotW: there the resource is sent again. */
  #renewing(answer: Answer, { standing }: Renewals): Draft {
    if (standing.length === 0 || this.#fullState) return this.#draft(answer);
    const said = new Set([...answer.resources.map(({ name }) => name), ...answer.removed]);
    const rest = standing.filter(({ name }) => !said.has(name));
    if (this.#options.variant === "delta") return this.#draft(answer, rest);
    return this.#draft({ ...answer, resources: [...answer.resources, ...rest] });
  }

  /** A full state that must not be said anew, because nobody can say what of it still is: what the client has stays. */
  #asHeld(answer: Answer): Draft | undefined {
    const resources = this.#holdings.allAccepted();
    return resources === undefined ? undefined : this.#draft({ ...answer, resources });
  }

  /** The draft went out under `nonce`. */
  sent(draft: Draft, nonce: string): void {
    const { content } = draft;
    if (this.#options.timed) this.#lease(content);
    if (draft.isQuestion) this.#narrowing.asked();
    else this.#look.keep(draft.open);
    this.#unanswered = { nonce, content };
    this.#lastNonce = nonce;
    this.#answerOwed = false;
    this.#dirty = draft.more;
    for (const { name } of content.resources) {
      this.#owed.delete(name);
      this.#told.delete(name);
    }
    for (const { name, code } of content.notes) this.#tell(name, code === 5 ? "not-found" : "unavailable");
    for (const name of content.removed) this.#tell(name, "not-found");
    if (this.#fullState) this.#holdings.forgetAllBut(content.resources);
  }

  #lease({ resources, heartbeats }: ResponseContent): void {
    const nowMs = this.#options.nowMs();
    for (const resource of [...resources, ...heartbeats]) this.#leases.grant(resource, nowMs);
  }

  #tell(name: string, what: Absence["kind"]): void {
    if (this.subscription.names.has(name)) this.#told.set(name, what);
    if (what === "unavailable") return;
    this.#owed.delete(name);
    this.#holdings.forget(name);
  }

  /** SotW: the nonce of a response that was superseded. An empty one answers nothing and is a plain change of subscription. */
  #isOutdated(nonce: string): boolean {
    return this.#lastNonce !== undefined && nonce !== "" && nonce !== this.#lastNonce;
  }

  /** Whether an ACK of what was sent last leaves nothing to look at: so end most pushes. */
  get #hasSaidAll(): boolean {
    return !this.#fullState && !this.#answerOwed && this.#owed.size === 0 && this.#look.names?.size === 0 && this.#narrowing.isOver;
  }

  /** The verdict on the unanswered response, once per nonce: clients repeat error_detail in later requests (xDS rule R11). */
  #settle(nonce: string, refusal: Refusal | undefined): Verdict | undefined {
    const unanswered = this.#unanswered;
    if (unanswered === undefined || nonce !== unanswered.nonce) return undefined;
    this.#unanswered = undefined;
    const { resources, version, heartbeats } = unanswered.content;
    if (refusal !== undefined || !this.#hasSaidAll) this.#dirty = true;
    // A client that makes nothing of a heartbeat does not have what we think it has.
    if (refusal !== undefined) {
      for (const { name } of heartbeats) {
        this.#owed.add(name);
        this.#lookAt(name);
      }
    }
    const asked = this.#narrowing.answer(refusal === undefined);
    if (asked !== undefined) {
      const names = this.#conclude(asked, refusal === undefined);
      return refusal === undefined
        ? { kind: "acked", nonce, version }
        : { kind: "nacked", nonce, refusal: { ...refusal, resources: names } };
    }
    if (refusal === undefined) {
      for (const resource of resources) this.#accept(resource);
      return { kind: "acked", nonce, version };
    }
    this.#reason = refusal.reason;
    for (const { name } of resources) this.#lookAt(name);
    const suspects = this.#suspects(resources, refusal);
    const isCertain = suspects.length === 1 || refusal.resources.length > 0;
    const names = new Set(suspects.map(({ resource }) => resource.name));
    for (const resource of resources) if (!names.has(resource.name)) this.#accept(resource);
    for (const { resource } of suspects) this.#holdings.refuse(resource, isCertain);
    if (this.#options.timed) this.#keepBefore(suspects);
    // In a full state the suspects that are not asked about stand as they were before, or it would delete them.
    const canAsk = !this.#fullState || suspects.every(({ before }) => before !== undefined);
    if (!isCertain && canAsk) this.#narrowing.begin(suspects);
    return { kind: "nacked", nonce, refusal: isCertain ? { ...refusal, resources: [...names] } : refusal };
  }

  /** What the client goes on with was not renewed by what it refused. */
  #keepBefore(suspects: readonly Suspect[]): void {
    for (const { before } of suspects) if (before !== undefined) this.#leases.hasten(before, this.#options.nowMs());
  }

  /** The verdict on a question: it is about those who were asked about, whatever else a full state had to name. */
  #conclude(asked: readonly Suspect[], accepted: boolean): readonly string[] {
    if (accepted) for (const { resource } of asked) this.#accept(resource);
    const [only] = asked;
    if (accepted || only === undefined || asked.length > 1) return [];
    if (only.before !== undefined) this.#holdings.accept(only.before);
    if (this.#options.timed) this.#keepBefore(asked);
    this.#holdings.refuse(only.resource, true);
    return [only.resource.name];
  }

  /** A client that does not say what it refuses means one of those it did not have before. */
  #suspects(resources: readonly Resource[], refusal: Refusal): readonly Suspect[] {
    const names = new Set(refusal.resources);
    const named = resources.filter((resource) => names.has(resource.name));
    const suspects = named.length > 0 ? named : resources.filter((resource) => !this.#holdings.has(resource));
    return suspects.map((resource) => ({ resource, before: this.#holdings.lastGood(resource.name) }));
  }

  /** What was unsubscribed while the response was on its way the client did not keep. */
  #accept(resource: Resource): void {
    if (this.subscription.covers(resource.name)) this.#holdings.accept(resource);
  }

  #noteClaims({ asked }: StreamRequest, isFirst: boolean): void {
    if (asked.kind === "sotw") {
      if (asked.version !== "") this.#newcomer = false;
    } else if (isFirst && asked.held.size > 0) {
      this.#newcomer = false;
      this.#holdings.claim(new Map([...asked.held].filter(([name]) => this.subscription.covers(name))));
      this.#claimsRun = this.#options.timed;
    }
  }

  #name(name: string, isFirst: boolean): void {
    this.#told.delete(name);
    this.#lookAt(name);
    // Named for the first time together with the version the client has: only a difference is sent (xDS rule R25).
    if (isFirst && !this.#options.distrustsClaims && this.#holdings.mayHave(name)) return;
    this.#owed.add(name);
  }

  #drop(name: string): void {
    this.#told.delete(name);
    this.#earlierRun.forget(name);
    this.#lookAt(name);
    // Still covered by the wildcard: the client is told what of it remains (xDS rule R22).
    if (this.subscription.wildcard && this.#options.variant === "delta") this.#owed.add(name);
    else if (!this.subscription.wildcard) {
      this.#owed.delete(name);
      this.#holdings.forget(name);
    }
  }

  #noteWildcard({ wildcard }: SubscriptionChange): void {
    if (wildcard === "same") return;
    this.#look.atAll();
    this.#dirty = true;
    if (wildcard !== "ended") this.#answerOwed = true;
    if (wildcard === "repeated") for (const name of this.#set?.resources.keys() ?? []) this.#owed.add(name);
    if (wildcard === "ended") this.#forgetUncovered();
  }

  #forgetUncovered(): void {
    for (const name of [...this.#holdings.names(), ...this.#owed]) {
      if (this.subscription.covers(name)) continue;
      this.#owed.delete(name);
      this.#holdings.forget(name);
    }
  }

  #standing(sets: ResourceSets, gate: TypeGate): Standing {
    return {
      typeUrl: this.typeUrl,
      variant: this.#options.variant,
      subscription: this.subscription,
      holdings: this.#holdings,
      earlierRun: this.#earlierRun,
      owed: this.#owed,
      look: this.#look.names,
      told: this.#told,
      answerOwed: this.#answerOwed,
      first: this.#lastNonce === undefined,
      newcomer: this.#newcomer,
      sets,
      set: this.#set,
      responseBytes: this.#options.responseBytes,
      gate,
    };
  }

  #answer(standing: Standing): Answer {
    return this.#fullState && this.#set !== undefined ? fullAnswer(standing, this.#set) : partialAnswer(standing);
  }

  #question(standing: Standing): Draft | undefined {
    const set = this.#set;
    if (set === undefined) return undefined;
    const group = this.#narrowing.next((resource) => this.#holdings.isRefused(resource) && set.resources.get(resource.name) === resource);
    if (group === undefined) return undefined;
    const resources = question(standing, set, { group, suspects: this.#narrowing.suspects });
    return asQuestion(this.#content({ resources, removed: [], notes: [], heartbeats: [] }));
  }

  #draft(answer: Answer, heartbeats: readonly Resource[] = []): Draft {
    this.#unsettled = answer.unsettled;
    const { resources, removed, notes, changed, more, open } = answer;
    // Of a first answer it is the client that came late.
    const change = this.#lastNonce === undefined ? undefined : oldestChange(this.#set, changed, this.#lookedMs);
    this.#looked(answer);
    return { content: this.#content({ resources, removed, notes, heartbeats }), changed, more, open, change, isQuestion: false };
  }

  #looked({ more }: Answer): void {
    if (!more) this.#lookedMs = this.#options.nowMs();
  }

  #content(parts: ContentParts): ResponseContent {
    const { variant, timed } = this.#options;
    const { resources, removed, notes, heartbeats } = parts;
    const version = this.#set?.label ?? this.#set?.version ?? "";
    const position = this.#set?.label ?? this.#sets?.position ?? "";
    return { variant, typeUrl: this.typeUrl, version, position, resources, removed, notes, timed, heartbeats };
  }
}
