import { fail, type Result } from "@fairlead/shared";
import type { ZooKeeperFormat } from "../../../config/index.js";
import type { Endpoint } from "../../source.js";
import { curatorDecoder } from "./curator.js";
import { decodeHostPort } from "./host-port.js";

/** One registered member as ZooKeeper has it. */
export interface Member {
  /** Full path of the znode; it becomes the endpoint's place. */
  readonly path: string;
  /** Last segment of `path`. */
  readonly name: string;
  readonly data: Uint8Array;
}

/** The endpoint a member announces, or why it cannot be used, for a person. Never throws, whatever the bytes. */
export type Decode = (member: Member) => Result<Endpoint>;

/** Registrations are a few hundred bytes; the largest we know of (Nerve's encoded names) end at 64 KiB. */
const MAX_DATA_BYTES = 65_536;

/** `port` chooses between a Curator instance's `port` and its `sslPort`; other formats have one port. */
export function decoderOf(format: ZooKeeperFormat, port: "main" | "ssl"): Decode {
  const decode = format === "curator" ? curatorDecoder(port) : decodeHostPort;
  return (member) => {
    const { byteLength } = member.data;
    if (byteLength > MAX_DATA_BYTES) return fail(`${byteLength} bytes of data, at most ${MAX_DATA_BYTES} are read`);
    return decode(member);
  };
}
