import type { Result, Timer } from "@fairlead/shared";
import { COMPLETE, partial } from "../reading.js";
import { RetryTimer } from "../retry-timer.js";
import type { Completeness, Endpoint, Quarantined } from "../source.js";
import { Announcements } from "./announcements.js";
import { ChildList, type Listing, READ_RETRY, type ReadDeps } from "./child-list.js";
import type { ReadFailure, ZnodeData } from "./connection.js";
import type { Decode } from "./decode/decoder.js";
import { acceptMalformed, judgeMalformed, type MalformedMemory } from "./malformed-share.js";
import { childPath } from "./path-pattern.js";

export interface PathMembersOptions extends ReadDeps {
  readonly path: string;
  readonly decode: Decode;
  /** Members beyond it are not read, and the reading says so. */
  readonly maxMembers: number;
  /** What `view` gives may have changed. */
  readonly onChange: () => void;
  readonly onLimit: () => void;
  /** So many members are malformed that the source is at fault, with the reason; undefined when that is over. */
  readonly onFault: (reason: string | undefined) => void;
}

/** What is known of one path's members now. */
export interface PathView {
  /**
   * `unread`: no answer on this connection yet, `endpoints` is what an earlier one said. `arriving`: listed, and some members
   * are still to come. `incomplete`: something failed or was left out, or too much of it is malformed. Until `complete`, `completeness` has the
   * reason.
   */
  readonly progress: "unread" | "arriving" | "incomplete" | "complete";
  readonly endpoints: readonly Endpoint[];
  readonly quarantined: readonly Quarantined[];
  readonly completeness: Completeness;
  /** Newest transaction among the list and the members. */
  readonly zxid: bigint;
}

interface MemberState {
  readonly name: string;
  reading: boolean;
  again: boolean;
}

/**
 * The members under one path, one znode each. The list and every member are read with a watch; a change reads again what
 * changed and nothing else. A member that vanished between the list and its read is gone; any other failure makes the view
 * partial until a retry succeeds.
 */
export class PathMembers {
  readonly path: string;
  readonly #options: PathMembersOptions;
  readonly #list: ChildList;
  readonly #retry: RetryTimer;
  readonly #members = new Map<string, MemberState>();
  readonly #announced: Announcements;
  /** Listed and not yet read on this connection. */
  readonly #unread = new Set<string>();
  /** Why the last read of a member failed. */
  readonly #failures = new Map<string, string>();
  #fresh = false;
  #listProblem: string | undefined;
  #malformed: MalformedMemory | undefined;
  /** Why the source is at fault, though everything was read. */
  #fault: string | undefined;
  #faultEnd: Timer | undefined;
  #readAll = false;
  #round = 0;

  constructor(options: PathMembersOptions) {
    this.path = options.path;
    this.#options = options;
    this.#announced = new Announcements(options.path);
    this.#list = new ChildList(options.path, options, (listing) => this.#take(listing));
    this.#retry = new RetryTimer(READ_RETRY, options);
  }

  /** A connection is there: everything is read. In a new history (an ensemble restored from a backup) no earlier transaction id binds. */
  connected(newHistory: boolean): void {
    this.lost();
    if (newHistory) this.#announced.forgetTransactions();
    this.#list.read();
  }

  /** The connection is gone, and with it all watches and answers; what was read stays known. */
  lost(): void {
    this.#round += 1;
    this.#list.stop();
    this.#retry.cancel();
    this.#faultEnd?.cancel();
    this.#fresh = false;
    this.#readAll = false;
    this.#listProblem = undefined;
    this.#failures.clear();
    for (const member of this.#members.values()) {
      member.reading = false;
      member.again = false;
      this.#unread.add(member.name);
    }
  }

  /** Reads the list again, because a watch said so. */
  readList(): void {
    this.#list.read();
  }

  /** Reads the list and every member again; until the answers are here the view stays as it is. */
  readEverything(): void {
    this.#readAll = true;
    this.#list.read();
  }

  /** Reads one member again, because its watch said so. */
  readMember(name: string): void {
    const member = this.#members.get(name);
    if (member === undefined) return;
    if (member.reading) {
      member.again = true;
      return;
    }
    member.reading = true;
    const round = this.#round;
    this.#options.reads.data(childPath(this.path, name), (result) => {
      if (round !== this.#round || this.#members.get(name) !== member) return;
      member.reading = false;
      this.#takeMember(member, result);
      if (member.again) {
        member.again = false;
        this.readMember(name);
      }
    });
  }

  /** An operator says that what is here is meant, malformed as it is. */
  confirmed(): void {
    if (!this.#whole || this.#fault === undefined) return;
    this.#malformed = acceptMalformed(this.#announced.malformed);
    this.#changed();
  }

  /**
   * A member's own watch said that it is gone. The list, which changed with it, is the one to say so: what is created anew at once, as Curator does
   * when it registers again, never was away.
   */
  memberDeleted(name: string): void {
    if (this.#members.has(name)) this.#unread.add(name);
  }

  get complete(): boolean {
    return this.#whole && this.#fault === undefined;
  }

  view(): PathView {
    const { summary, zxid } = this.#announced;
    return { progress: this.#progress(), ...summary, completeness: this.#completeness(), zxid };
  }

  /** Everything was read, whatever it said. */
  get #whole(): boolean {
    return this.#fresh && this.#listProblem === undefined && this.#unread.size === 0 && this.#failures.size === 0;
  }

  #changed(): void {
    if (this.#whole) this.#judge();
    this.#options.onChange();
  }

  #judge(): void {
    const { clock } = this.#options;
    const counts = { members: this.#members.size, malformed: this.#announced.malformed };
    const { memory, fault, untilMs } = judgeMalformed(counts, this.#malformed, clock.nowMs());
    this.#malformed = memory;
    const [before, now] = [this.#fault !== undefined, fault !== undefined];
    this.#fault = fault;
    if (before !== now) this.#options.onFault(fault === undefined ? undefined : this.#faultReason(fault));
    this.#faultEnd?.cancel();
    if (untilMs !== undefined) this.#faultEnd = clock.schedule(Math.max(0, untilMs - clock.nowMs()), () => this.#changed());
  }

  #take(listing: Listing): void {
    if (listing.kind === "failed") {
      this.#listProblem = `${this.path}: ${listing.reason}`;
      this.#changed();
      return;
    }
    const { names, problem } = this.#limited(listing.kind === "listed" ? listing.names : []);
    this.#fresh = true;
    this.#listProblem = problem;
    if (listing.kind === "listed") this.#announced.saw(listing.pzxid);
    const added = names.filter((name) => !this.#members.has(name));
    // Most lists only add: then nobody has to be looked for.
    if (names.length - added.length < this.#members.size) this.#forgetAllBut(new Set(names));
    for (const name of added) this.#admit(name);
    const toRead = this.#readAll ? names : [...this.#unread];
    this.#readAll = false;
    // What is being read is read after the change that this list tells of, or the change's own watch asks for it again.
    for (const name of toRead) if (this.#members.get(name)?.reading === false) this.readMember(name);
    this.#changed();
  }

  #limited(names: readonly string[]): { readonly names: readonly string[]; readonly problem: string | undefined } {
    const { maxMembers, onLimit } = this.#options;
    if (names.length <= maxMembers) return { names, problem: undefined };
    onLimit();
    // Sorted, so that every reading leaves out the same ones.
    const kept = [...names].sort().slice(0, maxMembers);
    return { names: kept, problem: `${this.path} has ${names.length} members, at most ${maxMembers} are read` };
  }

  #takeMember(member: MemberState, result: Result<ZnodeData, ReadFailure>): void {
    const { name } = member;
    if (!result.ok && result.error.kind === "failed") {
      this.#failures.set(name, result.error.reason);
      this.#retry.failed(() => this.#readFailed());
    } else if (!result.ok) this.#forget(name);
    else this.#understand(name, result.value);
    this.#changed();
  }

  #understand(name: string, { data, stat }: ZnodeData): void {
    this.#failures.delete(name);
    this.#unread.delete(name);
    if (this.#failures.size === 0) this.#retry.succeeded();
    const known = this.#announced.mzxidOf(name);
    // A server that lags behind answers with what was: a lower transaction never replaces a higher one.
    if (known !== undefined && stat.mzxid <= known) return;
    this.#announced.set(name, this.#options.decode({ path: childPath(this.path, name), name, data }), stat.mzxid);
  }

  #readFailed(): void {
    for (const name of [...this.#failures.keys()]) this.readMember(name);
  }

  #admit(name: string): void {
    this.#members.set(name, { name, reading: false, again: false });
    this.#unread.add(name);
  }

  #forgetAllBut(listed: ReadonlySet<string>): void {
    for (const name of [...this.#members.keys()]) if (!listed.has(name)) this.#forget(name);
  }

  #forget(name: string): void {
    this.#members.delete(name);
    this.#announced.delete(name);
    this.#unread.delete(name);
    this.#failures.delete(name);
  }

  #progress(): PathView["progress"] {
    if (this.complete) return "complete";
    if (this.#whole || this.#listProblem !== undefined || this.#failures.size > 0) return "incomplete";
    return this.#fresh ? "arriving" : "unread";
  }

  #completeness(): Completeness {
    if (this.#listProblem !== undefined) return partial(this.#listProblem);
    if (!this.#fresh) return partial(`${this.path} is not read yet`);
    const [failed] = this.#failures;
    const total = this.#members.size;
    if (failed !== undefined) return partial(`${this.path}: ${this.#failures.size} of ${total} members unread, ${failed[0]}: ${failed[1]}`);
    if (this.#unread.size > 0) return partial(`${this.path}: ${this.#unread.size} of ${total} members not read yet`);
    return this.#fault === undefined ? COMPLETE : partial(this.#faultReason(this.#fault));
  }

  #faultReason(fault: string): string {
    const { malformed, malformedSample: sample } = this.#announced;
    const example = sample === undefined ? "" : ` (${sample.place}: ${sample.reason})`;
    return `${this.path}: ${malformed} of ${this.#members.size} members are malformed, ${fault}${example}`;
  }
}
