import { readdirSync, readFileSync } from "node:fs";

/** CPU time of a process so far, all its threads, from the scheduler's own count (proc(5), schedstat: nanoseconds on a CPU). */
export function cpuMicrosOf(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  const nanos = threads.map((thread) => Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]));
  return nanos.reduce((sum, each) => sum + each, 0) / 1_000;
}

/** Resident memory of a process, in MB of 1,000,000 bytes. */
export function rssMbOf(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Math.round((Number(kib) * 1_024) / 1_000_000);
}

/** The most memory a process ever had resident, in MB of 1,000,000 bytes. */
export function peakRssMbOf(pid: number): number {
  const kib = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Math.round((Number(kib) * 1_024) / 1_000_000);
}
