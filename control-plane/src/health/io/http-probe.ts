import { type IncomingMessage, request } from "node:http";
import type { ProbeAnswer, ProbeTarget } from "../checks/probe.js";
import { oneAnswer } from "./one-answer.js";
import { answerOfError } from "./probe-error.js";

/** A health page is small; what is longer is not waited for. */
const MAX_BODY_BYTES = 64 * 1_024;

type HttpCheck = Extract<ProbeTarget["check"], { readonly type: "http" }>;

type HttpTarget = ProbeTarget & { readonly check: HttpCheck };

/** Passes when a GET on a fresh connection is answered, body included, with a status in the range. */
export function httpProbe({ service, ip, port, check }: HttpTarget): Promise<ProbeAnswer> {
  return oneAnswer(check.timeoutMs, (settle) => {
    const headers = { host: check.host ?? service, "user-agent": "fairlead-health-check", connection: "close" };
    const sent = request({ host: ip, port, path: check.path, method: "GET", agent: false, headers }, (response) => {
      afterBody(response, (cut) => settle(cut ?? judge(response.statusCode ?? 0, check)));
    });
    sent.on("error", (error) => settle(answerOfError(error)));
    // An upgrade, or a close before any answer: neither comes as a response.
    sent.on("close", () => settle({ outcome: "failed", detail: "the connection ended without an answer" }));
    sent.end();
    return () => sent.destroy();
  });
}

function judge(status: number, { status: { from, to } }: HttpCheck): ProbeAnswer {
  if (status >= from && status <= to) return { outcome: "passed", detail: `status ${status}` };
  return { outcome: "failed", detail: `status ${status}, expected ${from === to ? from : `${from}-${to}`}` };
}

/** Calls `then` once the body is read or long enough; with a failure if it broke off. */
function afterBody(response: IncomingMessage, then: (cut: ProbeAnswer | undefined) => void): void {
  let bytes = 0;
  response.on("data", (chunk: Buffer) => {
    bytes += chunk.byteLength;
    if (bytes >= MAX_BODY_BYTES) then(undefined);
  });
  response.on("end", () => then(undefined));
  response.on("error", (error) => then({ outcome: "failed", detail: `the answer broke off: ${error.message}` }));
}
