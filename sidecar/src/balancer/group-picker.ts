import type { Rng } from "@fairlead/shared";
import type { EndpointState } from "../endpoint/index.js";
import { mayPick } from "./candidates.js";
import type { Chooser, ChooserDeps } from "./chooser.js";
import { type LeaseDeps, leaseOf } from "./endpoint-lease.js";
import type { Ejection, Pick, PickContext, Picker } from "./picker.js";
import { seatToken } from "./seat-token.js";

export interface ChooserGroup {
  /** Of the traffic; all together 1, or 0 where nobody may be picked. */
  readonly share: number;
  readonly endpoints: readonly EndpointState[];
  readonly chooser: Chooser;
}

/** Hashes are 32 bits. */
const HASHES = 4_294_967_296;
/** The hash chooses an endpoint too: the group must not follow from the same bits. */
const GROUP_FACTOR = 0x9e37_79b1;

/**
 * The picker of every policy: a group by its share of the traffic (priorities and localities), an endpoint in it by the policy,
 * a lease on it. Where nobody of a group may be picked, the others are asked, those of share 0 included; local evidence is
 * ignored only when nobody else is left in any of them.
 */
export class GroupPicker implements Picker {
  readonly #groups: readonly ChooserGroup[];
  readonly #rng: Rng;
  readonly #ejection: Ejection;
  /** Of every lease. */
  readonly #leasing: LeaseDeps;
  /** By token; made when a request brings one. */
  #seats: ReadonlyMap<string, EndpointState> | undefined;

  constructor(groups: readonly ChooserGroup[], { rng, ejection, memory }: ChooserDeps) {
    this.#groups = groups;
    this.#rng = rng;
    this.#ejection = ejection;
    this.#leasing = { ejection, memory };
  }

  pick(context: PickContext): Pick {
    const chosen = this.#ofSeat(context) ?? this.#choose(context, false) ?? this.#choose(context, true);
    if (chosen === undefined) return { kind: "refused", reason: "no-endpoints" };
    return leaseOf(chosen, this.#leasing, context.nowMs);
  }

  /** A seat stays where it is as long as that endpoint may be picked, whoever else has come and however full it is. */
  #ofSeat(context: PickContext): EndpointState | undefined {
    if (context.seat === undefined) return undefined;
    this.#seats ??= new Map(this.#groups.flatMap(({ endpoints }) => endpoints.map((state) => [seatToken(state), state] as const)));
    const state = this.#seats.get(context.seat);
    return state !== undefined && mayPick(state, context, false, this.#ejection) ? state : undefined;
  }

  #choose(context: PickContext, desperate: boolean): EndpointState | undefined {
    const groups = this.#groups;
    const [only] = groups;
    if (only === undefined || groups.length === 1) return only?.chooser.choose(context, desperate);
    const drawn = this.#draw(context.hash);
    const chosen = groups[drawn]?.chooser.choose(context, desperate);
    if (chosen !== undefined) return chosen;
    for (let index = 0; index < groups.length; index++) {
      const other = index === drawn ? undefined : groups[index]?.chooser.choose(context, desperate);
      if (other !== undefined) return other;
    }
    return undefined;
  }

  /** A key has its group as it has its endpoint. */
  #draw(hash: number | undefined): number {
    let point = hash === undefined ? this.#rng.next() : (Math.imul(hash, GROUP_FACTOR) >>> 0) / HASHES;
    for (let index = 0; index < this.#groups.length; index++) {
      const share = this.#groups[index]?.share ?? 0;
      if (point < share) return index;
      point -= share;
    }
    return 0;
  }
}
