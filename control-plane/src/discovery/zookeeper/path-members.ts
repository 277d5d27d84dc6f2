import type { Result } from "@fairlead/shared";
import { COMPLETE, partial } from "../reading.js";
import { RetryTimer } from "../retry-timer.js";
import type { Completeness, Endpoint, Quarantined } from "../source.js";
import { ChildList, type Listing, READ_RETRY, type ReadDeps } from "./child-list.js";
import type { ReadFailure, ZnodeData } from "./connection.js";
import type { Decode } from "./decode/decoder.js";
import { childPath } from "./path-pattern.js";

export interface PathMembersOptions extends ReadDeps {
  readonly path: string;
  readonly decode: Decode;
  /** Members beyond it are not read, and the reading says so. */
  readonly maxMembers: number;
  /** What `view` gives may have changed. */
  readonly onChange: () => void;
  readonly onLimit: () => void;
}

/** What is known of one path's members now. */
export interface PathView {
  /**
   * `unread`: no answer on this connection yet, `endpoints` is what an earlier one said. `arriving`: listed, and some members
   * are still to come. `incomplete`: something failed or was left out. Until `complete`, `completeness` has the reason.
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
  mzxid: bigint | undefined;
  decoded: Result<Endpoint> | undefined;
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
  /** Listed and not yet read on this connection. */
  readonly #unread = new Set<string>();
  /** Why the last read of a member failed. */
  readonly #failures = new Map<string, string>();
  #fresh = false;
  #listProblem: string | undefined;
  #pzxid = 0n;
  #readAll = false;
  #round = 0;

  constructor(options: PathMembersOptions) {
    this.path = options.path;
    this.#options = options;
    this.#list = new ChildList(options.path, options, (listing) => this.#take(listing));
    this.#retry = new RetryTimer(READ_RETRY, options);
  }

  /** A connection is there: everything is read. In a new history (an ensemble restored from a backup) no earlier transaction id binds. */
  connected(newHistory: boolean): void {
    this.lost();
    if (newHistory) {
      this.#pzxid = 0n;
      for (const member of this.#members.values()) member.mzxid = undefined;
    }
    this.#list.read();
  }

  /** The connection is gone, and with it all watches and answers; what was read stays known. */
  lost(): void {
    this.#round += 1;
    this.#list.stop();
    this.#retry.cancel();
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

  /** A member's own watch said that it is gone. If it came back meanwhile, the list, which changed too, will say so. */
  memberDeleted(name: string): void {
    if (!this.#members.has(name)) return;
    this.#forget(name);
    this.#options.onChange();
  }

  get complete(): boolean {
    return this.#fresh && this.#listProblem === undefined && this.#unread.size === 0 && this.#failures.size === 0;
  }

  view(): PathView {
    const quarantined: Quarantined[] = [];
    const good: { readonly endpoint: Endpoint; readonly mzxid: bigint }[] = [];
    let zxid = this.#pzxid;
    for (const { name, decoded, mzxid = 0n } of this.#members.values()) {
      if (mzxid > zxid) zxid = mzxid;
      if (decoded === undefined) continue;
      if (decoded.ok) good.push({ endpoint: decoded.value, mzxid });
      else quarantined.push({ place: childPath(this.path, name), reason: decoded.error });
    }
    return { progress: this.#progress(), endpoints: newestPerAddress(good), quarantined, completeness: this.#completeness(), zxid };
  }

  #take(listing: Listing): void {
    if (listing.kind === "failed") {
      this.#listProblem = `${this.path}: ${listing.reason}`;
      this.#options.onChange();
      return;
    }
    const { names, problem } = this.#limited(listing.kind === "listed" ? listing.names : []);
    this.#fresh = true;
    this.#listProblem = problem;
    if (listing.kind === "listed") this.#pzxid = listing.pzxid;
    const listed = new Set(names);
    for (const name of [...this.#members.keys()]) if (!listed.has(name)) this.#forget(name);
    const readAll = this.#readAll;
    this.#readAll = false;
    const toRead: string[] = [];
    for (const name of listed) {
      if (!this.#members.has(name)) this.#admit(name);
      if (readAll || this.#unread.has(name)) toRead.push(name);
    }
    for (const name of toRead) this.readMember(name);
    this.#options.onChange();
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
      this.#options.onChange();
      return;
    }
    if (!result.ok) {
      this.#forget(name);
      this.#options.onChange();
      return;
    }
    this.#failures.delete(name);
    this.#unread.delete(name);
    if (this.#failures.size === 0) this.#retry.succeeded();
    const { data, stat } = result.value;
    // A server that lags behind answers with what was: a lower transaction never replaces a higher one.
    if (member.mzxid === undefined || stat.mzxid > member.mzxid) {
      member.mzxid = stat.mzxid;
      member.decoded = this.#options.decode({ path: childPath(this.path, name), name, data });
    }
    this.#options.onChange();
  }

  #readFailed(): void {
    for (const name of [...this.#failures.keys()]) this.readMember(name);
  }

  #admit(name: string): void {
    this.#members.set(name, { name, mzxid: undefined, decoded: undefined, reading: false, again: false });
    this.#unread.add(name);
  }

  #forget(name: string): void {
    this.#members.delete(name);
    this.#unread.delete(name);
    this.#failures.delete(name);
  }

  #progress(): PathView["progress"] {
    if (this.complete) return "complete";
    if (this.#listProblem !== undefined || this.#failures.size > 0) return "incomplete";
    return this.#fresh ? "arriving" : "unread";
  }

  #completeness(): Completeness {
    if (this.#listProblem !== undefined) return partial(this.#listProblem);
    if (!this.#fresh) return partial(`${this.path} is not read yet`);
    const [failed] = this.#failures;
    const total = this.#members.size;
    if (failed !== undefined) return partial(`${this.path}: ${this.#failures.size} of ${total} members unread, ${failed[0]}: ${failed[1]}`);
    if (this.#unread.size > 0) return partial(`${this.path}: ${this.#unread.size} of ${total} members not read yet`);
    return COMPLETE;
  }
}

/** Two znodes with one address are one process that registered again before its old session ended: the newer one speaks. */
function newestPerAddress(members: readonly { readonly endpoint: Endpoint; readonly mzxid: bigint }[]): readonly Endpoint[] {
  const newest = new Map<string, { readonly endpoint: Endpoint; readonly mzxid: bigint }>();
  for (const member of members) {
    const other = newest.get(member.endpoint.id);
    if (other === undefined || member.mzxid > other.mzxid) newest.set(member.endpoint.id, member);
  }
  return [...newest.values()].map(({ endpoint }) => endpoint);
}
