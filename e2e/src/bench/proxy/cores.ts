import { spawnSync } from "node:child_process";

/** Alone with the proxy under test. */
export const PROXY_CORE = 0;
/** Load, origins, control plane and the bench itself. */
export const OTHER_CORE = 1;

/** Binds all threads of a process, and those it makes later, to one core. */
export function pin(pid: number, core: number): void {
  const { status, stderr } = spawnSync("taskset", ["-a", "-c", "-p", String(core), String(pid)], { encoding: "utf8" });
  if (status !== 0) throw new Error(`taskset could not bind ${pid} to core ${core}: ${stderr}`);
}
