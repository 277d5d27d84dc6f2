import { connect } from "node:net";
import type { ProbeAnswer } from "../checks/probe.js";
import { oneAnswer } from "./one-answer.js";
import { answerOfError } from "./probe-error.js";

/** Passes when the address accepts a connection, which is closed again at once. Nothing is sent. */
export function tcpProbe(ip: string, port: number, timeoutMs: number): Promise<ProbeAnswer> {
  return oneAnswer(timeoutMs, (settle) => {
    const socket = connect({ host: ip, port });
    socket.on("connect", () => settle({ outcome: "passed", detail: "accepted a connection" }));
    socket.on("error", (error) => settle(answerOfError(error)));
    return () => socket.destroy();
  });
}
