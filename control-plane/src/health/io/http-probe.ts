import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { HttpCheckSettings } from "../../config/index.js";
import { type AnswerState, HttpAnswer } from "../checks/http-answer.js";
import { judgeAnswer } from "../checks/judge-answer.js";
import type { ProbeAnswer, ProbeTarget } from "../checks/probe.js";
import { oneAnswer } from "./one-answer.js";
import { answerOfError } from "./probe-error.js";

type HttpTarget = Omit<ProbeTarget, "check"> & { readonly check: HttpCheckSettings };

/** A GET on a fresh connection. Written and read by hand: node:http takes twice the time for it. */
export function httpProbe(target: HttpTarget): Promise<ProbeAnswer> {
  return oneAnswer(target.check.timeoutMs, (settle) => {
    const answer = new HttpAnswer();
    const socket = open(target);
    const look = (state: AnswerState) => {
      if (state.kind === "whole") settle(judgeAnswer(state, target));
      else if (state.kind === "broken") settle({ outcome: "failed", detail: state.because });
    };
    socket.on("data", (chunk: Buffer) => look(answer.take(chunk)));
    socket.on("end", () => look(answer.end()));
    socket.on("error", (error) => settle(answerOfError(error)));
    socket.on("close", () => settle({ outcome: "failed", detail: "the connection ended without an answer" }));
    socket.write(requestTo(target));
    return () => socket.destroy();
  });
}

function open({ service, ip, port, check: { tls, host } }: HttpTarget): Socket {
  if (tls === undefined) return connect({ host: ip, port });
  const servername = tls.serverName ?? host?.replace(/:\d+$/, "") ?? service;
  return connectTls({ host: ip, port, servername, rejectUnauthorized: tls.insecure !== true });
}

function requestTo({ service, check: { path, host, headers = {} } }: HttpTarget): string {
  const more = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${path} HTTP/1.1\r\nHost: ${host ?? service}\r\nUser-Agent: fairlead-health-check\r\nConnection: close\r\n${more.join("")}\r\n`;
}
