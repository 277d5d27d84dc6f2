// What all streams together have waiting to be written. A fleet that comes back at once may be owed gigabytes, of which the network takes
// some megabytes at a time: beyond a limit a stream that has something to say waits for its turn, and then says the newest.

import type { Clock, Timer } from "@fairlead/shared";

/** A stream, as far as it takes room. */
export interface RoomUser {
  /** There is room: what is due may be written. After `may` has answered false, once. */
  go(): void;
  /** Others wait for the room that this one takes, and it has not read for long: it has to go. */
  evict(): void;
}

export interface RoomPlace {
  /** How many bytes of this stream wait to be written now. */
  holds(bytes: number): void;
  /** Whether it may write. If not, `go` follows, in the order of asking. */
  may(): boolean;
  /** The stream has ended: it takes nothing any more, whatever it says it holds. */
  leave(): void;
}

export interface WriteRoomOptions {
  readonly clock: Clock;
  readonly bytes: number;
  /** Hears of every stream that has to wait. */
  readonly onFull: () => void;
}

const LOOK_EVERY_MS = 1_000;
/**
 * The largest response (3 MiB) in ten seconds is 2.5 Mbit/s: who takes longer, while others wait, does not read. Counted in looks, between
 * which the network had its turn: that we were busy ourselves is nobody else's fault.
 */
export const UNREAD_LOOKS = 10;

export class WriteRoom {
  readonly #options: WriteRoomOptions;
  readonly #taking = new Set<Place>();
  /** First come, first served. */
  readonly #waiting = new Set<Place>();
  #bytes = 0;
  #look: Timer | undefined;
  #waking = false;

  constructor(options: WriteRoomOptions) {
    this.#options = options;
  }

  enter(user: RoomUser): RoomPlace {
    return new Place(this, user);
  }

  may(place: Place): boolean {
    if (this.#bytes < this.#options.bytes) return true;
    if (!this.#waiting.has(place)) this.#options.onFull();
    this.#waiting.add(place);
    this.#look ??= this.#options.clock.schedule(LOOK_EVERY_MS, () => this.#lookAround());
    return false;
  }

  change(place: Place, bytes: number): void {
    if (bytes < place.bytes) place.unreadLooks = 0;
    this.#bytes += bytes - place.bytes;
    place.bytes = bytes;
    if (bytes === 0) this.#taking.delete(place);
    else this.#taking.add(place);
    this.#wake();
  }

  leave(place: Place): void {
    this.#waiting.delete(place);
    this.change(place, 0);
  }

  /** What goes writes, and so takes room, before the next one is looked at. */
  #wake(): void {
    if (this.#waking) return;
    this.#waking = true;
    for (const place of this.#waiting) {
      if (this.#bytes >= this.#options.bytes) break;
      this.#waiting.delete(place);
      place.user.go();
    }
    this.#waking = false;
  }

  #lookAround(): void {
    this.#look = undefined;
    if (this.#waiting.size === 0) return;
    for (const place of [...this.#taking]) {
      place.unreadLooks += 1;
      if (place.unreadLooks > UNREAD_LOOKS) place.user.evict();
    }
    if (this.#waiting.size > 0) this.#look ??= this.#options.clock.schedule(LOOK_EVERY_MS, () => this.#lookAround());
  }
}

class Place implements RoomPlace {
  readonly user: RoomUser;
  readonly #room: WriteRoom;
  #left = false;
  bytes = 0;
  /** How often it was looked at since its client last read something. */
  unreadLooks = 0;

  constructor(room: WriteRoom, user: RoomUser) {
    this.#room = room;
    this.user = user;
  }

  holds(bytes: number): void {
    if (!this.#left && bytes !== this.bytes) this.#room.change(this, bytes);
  }

  may(): boolean {
    return this.#room.may(this);
  }

  leave(): void {
    this.#left = true;
    this.#room.leave(this);
  }
}
