import type { Result } from "@fairlead/shared";

/** How a query reaches a server: the only thing this source needs of the world besides time and chance. */
export interface DnsTransport {
  /**
   * Sends one query and resolves with the reply that carries its id and question, or with why there is none (refused, time-out, closed).
   * Never rejects; resolves within `timeoutMs`.
   * @param server `ip:port`
   */
  exchange(server: string, query: Buffer, protocol: "udp" | "tcp", timeoutMs: number): Promise<Result<Buffer>>;
}
