// Calls of the simpler kinds: one request with one answer, a stream of questions, one request with a stream of answers.

import type { Result } from "@fairlead/shared";
import { framed } from "../grpc/message-reader.js";
import { STATUS, type StreamStatus } from "../stream-machine.js";
import type { CallReceiver, GrpcCall } from "./grpc-call.js";

/** Bytes in, bytes out, or why there is no answer. */
export type Answer = (request: Buffer) => Result<Buffer, StreamStatus>;

const OK: StreamStatus = { code: STATUS.ok, details: "" };

const nothing = () => undefined;

/** A unary call. */
export function answerOnce(call: GrpcCall, answer: Answer): CallReceiver {
  return oneRequest(call, (request) => {
    const answered = answer(request);
    if (answered.ok) call.write(framed(answered.value));
    call.close(answered.ok ? OK : answered.error);
  });
}

/** Every question is answered at once; the first that has no answer ends the call. */
export function answerEach(call: GrpcCall, answer: Answer, onEnded: () => void): CallReceiver {
  const close = (status: StreamStatus) => {
    call.close(status);
    onEnded();
  };
  return {
    message(request) {
      const answered = answer(request);
      if (!answered.ok) close(answered.error);
      // Whoever asks and does not read the answers is not read either.
      else if (!call.write(framed(answered.value))) call.pause();
    },
    halfClosed: () => close(OK),
    drained: () => call.resume(),
    gone: onEnded,
  };
}

/** A call with exactly one request, which is heard when the client has said that there is no other. */
export function oneRequest(call: GrpcCall, serve: (request: Buffer) => void, onEnded: () => void = nothing): CallReceiver {
  let request: Buffer | undefined;
  const refuse = (details: string) => {
    call.close({ code: STATUS.unimplemented, details });
    onEnded();
  };
  return {
    message(bytes) {
      if (request === undefined) request = bytes;
      else refuse("this method takes one request, and there is another one");
    },
    halfClosed() {
      if (request === undefined) refuse("this method takes one request, and there is none");
      else serve(request);
    },
    drained: nothing,
    gone: onEnded,
  };
}
