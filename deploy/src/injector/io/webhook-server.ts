import type { Server } from "node:https";
import { createSecureContext } from "node:tls";
import { type Closable, fail, type ListenAddress, type Log, ok, type Result } from "@fairlead/shared";
import Fastify, { type FastifyInstance, type FastifyReply, type RouteGenericInterface } from "fastify";
import { type AdmissionAnswer, answerReview } from "../admission.js";
import type { InjectorOptions } from "../injector-options.js";

/** A certificate and its private key, PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

export interface WebhookServer extends Closable {
  readonly port: number;
  /** New connections get this certificate; open ones keep theirs. On failure the old one stays. */
  renew(pair: KeyPair): Result<void>;
}

export interface Webhook {
  readonly listen: ListenAddress;
  readonly pair: KeyPair;
  /** What is in force now; asked for at every review. */
  readonly options: () => InjectorOptions;
  readonly log: Log;
}

/** The API server refuses objects of more than 3 MiB, and a review of a create carries one. */
const BODY_LIMIT_BYTES = 3 * 1_048_576;
/** The API server waits at most 30 s for a webhook (10 s by default); whoever sends slower is not one that waits. */
const REQUEST_TIMEOUT_MS = 10_000;
const HANDSHAKE_TIMEOUT_MS = 5_000;
/** Longer than the API server's pauses between pods, shorter than its own 90 s. */
const KEEP_ALIVE_TIMEOUT_MS = 60_000;
/** A cluster has a handful of API servers. */
const MAX_CONNECTIONS = 256;

/** Serves POST /inject and GET /healthz over HTTPS; the error is the reason it cannot. */
export async function startWebhookServer({ listen, pair, options, log }: Webhook): Promise<Result<WebhookServer>> {
  const usable = usablePair(pair);
  if (!usable.ok) return usable;
  const app = Fastify({
    https: { ...pair, minVersion: "TLSv1.2", handshakeTimeout: HANDSHAKE_TIMEOUT_MS },
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    forceCloseConnections: "idle",
  });
  app.server.maxConnections = MAX_CONNECTIONS;
  addRoutes(app, options, log);
  try {
    await app.listen(listen);
  } catch (error) {
    await app.close();
    return fail(error instanceof Error ? error.message : String(error));
  }
  const address = app.server.address();
  return ok({
    port: typeof address === "object" && address !== null ? address.port : listen.port,
    renew(next) {
      const checked = usablePair(next);
      if (checked.ok) app.server.setSecureContext({ ...next, minVersion: "TLSv1.2" });
      return checked;
    },
    close: () => app.close(),
  });
}

/** Also refuses a certificate with another one's key, which a renewal in two steps shows for a moment. */
function usablePair(pair: KeyPair): Result<void> {
  try {
    createSecureContext(pair);
    return ok(undefined);
  } catch (error) {
    return fail(`no usable certificate and key: ${error instanceof Error ? error.message : String(error)}`);
  }
}

type App = FastifyInstance<Server>;
type Reply = FastifyReply<RouteGenericInterface, Server>;

function addRoutes(app: App, options: () => InjectorOptions, log: Log): void {
  app.get("/healthz", () => ({ ok: true }));
  app.post("/inject", (request, reply) => {
    const answered = answerReview(request.body, options());
    if (!answered.ok) {
      log.warn("review-malformed", { reason: answered.error });
      return problem(reply, { status: 400, title: "No AdmissionReview", detail: answered.error });
    }
    record(log, answered.value);
    return reply.send(answered.value);
  });
  app.route({
    method: ["GET", "PUT", "PATCH", "DELETE"],
    url: "/inject",
    handler: (_request, reply) =>
      problem(reply.header("allow", "POST"), { status: 405, title: "Wrong method", detail: "Reviews are sent to /inject with POST." }),
  });
  app.setNotFoundHandler((request, reply) => {
    const detail = `${request.method} ${request.url.slice(0, 200)}: there are POST /inject and GET /healthz.`;
    return problem(reply, { status: 404, title: "No such route", detail });
  });
  app.setErrorHandler((error: { readonly statusCode?: number; readonly message: string }, _request, reply) => {
    const status = error.statusCode ?? 500;
    log.warn("request-failed", { status, reason: error.message });
    return problem(reply, { status, title: status < 500 ? "Bad request" : "Internal error", detail: error.message });
  });
}

/** RFC 9457. */
function problem(reply: Reply, what: { readonly status: number; readonly title: string; readonly detail: string }): Reply {
  return reply
    .code(what.status)
    .type("application/problem+json")
    .send({ type: "about:blank", ...what });
}

function record(log: Log, { response }: AdmissionAnswer): void {
  if (!response.allowed) log.info("pod-refused", { uid: response.uid, reason: response.status.message });
  else log.debug(response.patch === undefined ? "pod-left-alone" : "pod-patched", { uid: response.uid });
}
