import { canonicalIp } from "../model.js";
import { fail, ok, type Result } from "../result.js";

/** Where a process accepts connections. */
export interface ListenAddress {
  /** Canonical IP without brackets, or `localhost`. */
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

/** Parses `ip:port`, `[v6]:port` or `localhost:port`; port 0 lets the system choose. */
export function parseListen(text: string): Result<ListenAddress> {
  const shown = JSON.stringify(text.slice(0, 80));
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) return fail(`expected an address such as 127.0.0.1:18000 or [::1]:18000, got ${shown}`);
  const written = match[1] ?? match[2] ?? "";
  if (written === "") return fail(`expected an IP before the port, got ${shown}; 0.0.0.0:${port} listens on every address`);
  const host = written === "localhost" ? written : canonicalIp(written);
  if (host === undefined) return fail(`expected an IP or localhost before the port, got ${shown}; other names are not looked up here`);
  return ok({ host, port });
}

export function formatListen({ host, port }: ListenAddress): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

const EVERY_ADDRESS = ["0.0.0.0", "::"];

/** Whether two listeners of one process would fight for a port. */
export function listensCollide(one: ListenAddress, other: ListenAddress): boolean {
  if (one.port === 0 || one.port !== other.port) return false;
  const [host, otherHost] = [one, other].map(({ host }) => (host === "localhost" ? "127.0.0.1" : host));
  return host === otherHost || EVERY_ADDRESS.includes(String(host)) || EVERY_ADDRESS.includes(String(otherHost));
}
