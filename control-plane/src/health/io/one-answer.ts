import type { ProbeAnswer } from "../checks/probe.js";

/**
 * Resolves with the first answer, or with a time-out.
 * @param start begins the attempt and returns how to end it; `settle` may be called any number of times
 */
export function oneAnswer(timeoutMs: number, start: (settle: (answer: ProbeAnswer) => void) => () => void): Promise<ProbeAnswer> {
  return new Promise((resolve) => {
    let settled = false;
    let end = () => {};
    const settle = (answer: ProbeAnswer) => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      end();
      resolve(answer);
    };
    const timer = setTimeout(() => {
      // Timers run before sockets: after a stall the answer may already be there, unread. One turn lets it speak first.
      setImmediate(() => settle({ outcome: "timeout", detail: `no answer within ${timeoutMs} ms` }));
    }, timeoutMs);
    end = start(settle);
  });
}
