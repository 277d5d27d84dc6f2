import type { ProbeAnswer } from "../checks/probe.js";

/** Errors of this host: no file descriptors, no port, no memory, no route of its own. They say nothing about the target. */
const OURS = new Set(["EMFILE", "ENFILE", "EADDRNOTAVAIL", "ENOBUFS", "ENOMEM", "EACCES", "EPERM", "ENETUNREACH", "ENETDOWN"]);

/** What a failed connection says: refused is an answer, our own trouble is nothing, the rest is a failure. */
export function answerOfError(error: Error): ProbeAnswer {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ECONNREFUSED") return { outcome: "refused", detail: "connection refused" };
  return { outcome: code !== undefined && OURS.has(code) ? "not-sent" : "failed", detail: error.message };
}
