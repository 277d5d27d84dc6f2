import { readFileSync } from "node:fs";

/** What the kernel counts of connections that found no room in a listening socket's queue; each waits a second, then two, for another try. */
export interface ListenQueue {
  readonly overflows: number;
  readonly drops: number;
}

/** Of the whole machine (its network namespace): proc(5), netstat, a line of names and a line of values per protocol. */
export function listenQueue(): ListenQueue {
  const [names = [], values = []] = readFileSync("/proc/net/netstat", "utf8")
    .split("\n")
    .filter((line) => line.startsWith("TcpExt:"))
    .map((line) => line.split(" "));
  const counterOf = (name: string) => Number(values[names.indexOf(name)] ?? Number.NaN);
  return { overflows: counterOf("ListenOverflows"), drops: counterOf("ListenDrops") };
}

/** What the kernel caps a backlog at. */
export function somaxconn(): number {
  return Number(readFileSync("/proc/sys/net/core/somaxconn", "utf8"));
}
