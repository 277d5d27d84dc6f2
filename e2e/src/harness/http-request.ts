import { type Agent, type IncomingMessage, request } from "node:http";

/** One HTTP request to this machine. */
export type HttpRequest = {
  readonly port: number;
  readonly path: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Until the whole answer is there; default 15 s. */
  readonly timeoutMs?: number;
  /** Default: a connection of its own, so that nothing is left over from a process that was killed. */
  readonly agent?: Agent;
};

/** The answer: headers as Node gives them, the body as text. */
export type HttpAnswer = { readonly status: number; readonly headers: IncomingMessage["headers"]; readonly body: string };

/** Sends one request to 127.0.0.1. Rejects when there is no whole answer in time; any status is an answer. */
export function httpRequest(ask: HttpRequest): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const timeoutMs = ask.timeoutMs ?? 15_000;
    const outgoing = request({
      host: "127.0.0.1",
      port: ask.port,
      path: ask.path,
      method: ask.method ?? "GET",
      headers: ask.headers ?? {},
      agent: ask.agent ?? false,
    });
    const timer = setTimeout(() => outgoing.destroy(new Error(`no whole answer within ${timeoutMs} ms`)), timeoutMs);
    const fail = (error: Error): void => {
      clearTimeout(timer);
      reject(error);
    };
    outgoing.once("error", fail);
    outgoing.once("response", (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.once("error", fail);
      incoming.once("close", () => {
        if (!incoming.complete) fail(new Error(`the answer broke off after ${Buffer.concat(chunks).length} bytes of its body`));
      });
      incoming.once("end", () => {
        clearTimeout(timer);
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: Buffer.concat(chunks).toString() });
      });
    });
    outgoing.end(ask.body);
  });
}
