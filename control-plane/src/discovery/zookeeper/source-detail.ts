import type { SourceDetail } from "../source.js";
import type { ZooKeeperConnection } from "./connection.js";
import { hexOf, type ZxidFloor } from "./zxid-floors.js";

export interface DetailParts {
  readonly connection: ZooKeeperConnection;
  readonly floor: ZxidFloor;
  /** When the floor was last given up, and by whom. */
  readonly floorGivenUp: string | undefined;
  /** Wall time since when there is no connection. */
  readonly lostSinceMs: number | undefined;
}

/** What people ask first when a ZooKeeper source is not as it should be. */
export function detailOf({ connection, floor, floorGivenUp, lostSinceMs }: DetailParts): SourceDetail {
  const { value: state } = connection.state;
  const { outstanding, waiting } = connection.load;
  const facts =
    state.kind === "connected"
      ? { server: state.server, sessionId: `0x${state.sessionId}`, sessionTimeoutMs: state.sessionTimeoutMs }
      : {
          ...(state.cause === undefined ? {} : { cause: state.cause }),
          ...(lostSinceMs === undefined ? {} : { since: new Date(lostSinceMs).toISOString() }),
        };
  return {
    session: state.kind,
    ...facts,
    zxidFloor: hexOf(floor.value),
    ...(floorGivenUp === undefined ? {} : { floorGivenUp }),
    outstandingReads: outstanding,
    waitingReads: waiting,
  };
}
