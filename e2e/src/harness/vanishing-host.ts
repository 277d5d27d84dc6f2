import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { stopLater } from "./teardown.js";

/** A host with an address of its own, joined to this one by a link: a network namespace (Linux, root, `ip` of iproute2). */
export interface VanishingHost {
  readonly ip: string;
  /** Starts a program on it: what stands before the program's own command line. */
  readonly within: readonly string[];
  /** From now on nothing that is sent to it is answered, not even with a FIN, a RST or an ICMP message. */
  vanish(): void;
  /** It has its address again. */
  comeBack(): void;
}

/** Of 198.18.0.0/15, which is for tests between networks (RFC 2544), four addresses for each process that tests here. */
const LINKS = 32_768;

/** Throws where this user may not make one. It is gone with its test; one at a time. */
export function startVanishingHost(): VanishingHost {
  const number = process.pid % LINKS;
  const [name, here, there] = [`fairlead-${number}`, `fl-here-${number}`, `fl-there-${number}`];
  const [hereIp, thereIp] = [addressOf(number, 1), addressOf(number, 2)];
  const ip = (...args: readonly string[]): string => execFileSync("ip", args, { stdio: "pipe" }).toString();
  const inside = (...args: readonly string[]): string => ip("-n", name, ...args);
  ip("netns", "add", name);
  stopLater({ name: `namespace ${name}`, stop: () => void ip("netns", "del", name) });
  ip("link", "add", here, "type", "veth", "peer", "name", there, "netns", name);
  // A namespace that is deleted goes when the kernel finds the time, and its link with it.
  stopLater({ name: `link ${here}`, stop: () => void ip("link", "del", here) });
  ip("addr", "add", `${hereIp}/30`, "dev", here);
  ip("link", "set", here, "up");
  inside("addr", "add", `${thereIp}/30`, "dev", there);
  inside("link", "set", there, "up");
  // As behind a router: who is gone is not found out by asking the link for its address.
  const [link] = JSON.parse(inside("-j", "link", "show", there)) as readonly { readonly address: string }[];
  ip("neigh", "replace", thereIp, "lladdr", link?.address ?? "", "dev", here, "nud", "permanent");
  return {
    ip: thereIp,
    within: ["ip", "netns", "exec", name],
    vanish: () => void inside("addr", "del", `${thereIp}/30`, "dev", there),
    comeBack: () => void inside("addr", "add", `${thereIp}/30`, "dev", there),
  };
}

/** Of the four addresses of this number, one. */
function addressOf(number: number, which: number): string {
  const low = number * 4 + which;
  return `198.${18 + (low >> 16)}.${(low >> 8) & 255}.${low & 255}`;
}

/** States of /proc/net/tcp in which nobody has ended the connection: established, and asking to be (proc(5), tcp_states.h). */
const OPEN_STATES: ReadonlySet<string> = new Set(["01", "02"]);

/** How many TCP connections this process holds to an IPv4 address, established or asked for. */
export function connectionsOf(pid: number, ip: string): number {
  const sockets = new Set(readdirSync(`/proc/${pid}/fd`).map((fd) => inodeOf(`/proc/${pid}/fd/${fd}`)));
  const octets = ip.split(".").map((octet) => Number(octet).toString(16).padStart(2, "0"));
  const remote = octets.reverse().join("").toUpperCase();
  const lines = readFileSync("/proc/net/tcp", "utf8").trim().split("\n").slice(1);
  return lines
    .map((line) => line.trim().split(/\s+/))
    .filter(
      ([, , to = "", state = "", , , , , , inode = ""]) => to.startsWith(`${remote}:`) && OPEN_STATES.has(state) && sockets.has(inode),
    ).length;
}

/** Of a socket's descriptor; undefined for others, and where it was closed meanwhile. */
function inodeOf(descriptor: string): string | undefined {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(descriptor))?.[1];
  } catch {
    return undefined;
  }
}
