import { ok, type Result } from "@fairlead/shared";
import type { ZooKeeperFormat, ZooKeeperPathSettings } from "../../../config/index.js";
import type { Endpoint } from "../../source.js";
import { curatorDecoder } from "./curator.js";
import { d2Decoder } from "./d2.js";
import { dubboDecoder } from "./dubbo.js";
import { decodeHostPort } from "./host-port.js";
import { decodeNerve } from "./nerve.js";
import { malformed, type Rejection } from "./rejection.js";
import { serverSetDecoder } from "./serverset.js";
import type { WeightDescriptor } from "./serverset-weights.js";

/** One registered member as ZooKeeper has it. */
export interface Member {
  /** Full path of the znode; it becomes the endpoint's place. */
  readonly path: string;
  /** Last segment of `path`. */
  readonly name: string;
  readonly data: Uint8Array;
}

/** What a znode announces. Nothing at all is an answer too: another protocol than the chosen one, say. */
export interface Announcement {
  readonly endpoints: readonly Endpoint[];
  /** Why something else that the znode announces is not used. */
  readonly leftOut?: Rejection;
  /** Of a ServerSet member: what weights may be selected by. */
  readonly shard?: number;
  /** A ServerSet's `vector_` znode weighs the other members of its path. */
  readonly weights?: readonly WeightDescriptor[];
}

/** Never throws, whatever the bytes. */
export type Decode = (member: Member) => Result<Announcement, Rejection>;

/** A decoder of formats in which one znode is one endpoint. */
export type DecodeOne = (member: Member) => Result<Endpoint, Rejection>;

/** Registrations are a few hundred bytes; the largest we know of (Nerve's encoded names) end at 64 KiB. */
const MAX_DATA_BYTES = 65_536;

type PathFormat = Pick<ZooKeeperPathSettings, "format" | "port" | "protocol" | "endpoint" | "scheme">;

/** A format's row: the options are those that the configuration's check lets through for it. */
const DECODERS: Readonly<Record<ZooKeeperFormat, (path: PathFormat) => Decode>> = {
  "host-port": () => one(decodeHostPort),
  curator: ({ port, protocol }) => one(curatorDecoder({ port, protocol })),
  serverset: ({ endpoint }) => serverSetDecoder(endpoint),
  nerve: () => one(decodeNerve),
  d2: ({ scheme }) => d2Decoder(scheme),
  dubbo: ({ protocol }) => dubboDecoder(protocol),
};

/** The decoder of a path's members. */
export function decoderOf(path: PathFormat): Decode {
  const decode = DECODERS[path.format](path);
  return (member) => {
    const { byteLength } = member.data;
    if (byteLength > MAX_DATA_BYTES) return malformed(`${byteLength} bytes of data, at most ${MAX_DATA_BYTES} are read`);
    return decode(member);
  };
}

function one(decode: DecodeOne): Decode {
  return (member) => {
    const decoded = decode(member);
    return decoded.ok ? ok({ endpoints: [decoded.value] }) : decoded;
  };
}
