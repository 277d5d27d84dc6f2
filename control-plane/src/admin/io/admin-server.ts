import { type Closable, fail, ok, type Result, type ServiceName, serviceName } from "@fairlead/shared";
import swagger from "@fastify/swagger";
import Fastify, { type FastifyError, type FastifyReply } from "fastify";
import Type, { type Static } from "typebox";
import { checkersView } from "../checkers-view.js";
import { comparisonsView } from "../comparison-view.js";
import { Checkers } from "../health-schemas.js";
import { Load, Loads } from "../load-schemas.js";
import { loadsView, loadView } from "../load-view.js";
import { readyView, snapshotView, sourcesView, statusView } from "../plane-view.js";
import { type ProblemBody, problem } from "../problem.js";
import * as schema from "../schemas.js";
import { findEndpoint, serviceNames, serviceSummary, serviceView } from "../service-view.js";
import { sidecarsView, streamsOf } from "../sidecar-view.js";
import type { AdminState } from "../state.js";
import { iso } from "../time.js";

export interface AdminServer extends Closable {
  readonly port: number;
}

/** Bodies are a reason and a name; anything larger is a mistake. */
const BODY_MAX_BYTES = 65_536;
/** Longer than any collector's scrape, shorter than a person's patience. */
const REQUEST_TIMEOUT_MS = 10_000;

/** Serves the admin API. It reads what the rooms hold now and waits for no source, so it answers while they are all dead. */
export async function startAdminServer(
  state: AdminState,
  listen: { readonly host: string; readonly port: number },
): Promise<Result<AdminServer>> {
  const app = await adminApp(state);
  try {
    await app.listen({ host: listen.host, port: listen.port });
  } catch (error) {
    await app.close();
    return fail(error instanceof Error ? error.message : String(error));
  }
  const address = app.server.address();
  const port = typeof address === "object" && address !== null ? address.port : listen.port;
  return ok({
    port,
    close: async () => {
      app.server.closeAllConnections();
      await app.close();
    },
  });
}

/** The application without its socket: tests inject requests into it. */
export async function adminApp(state: AdminState) {
  const app = newApp();
  app.setErrorHandler((error: FastifyError, _request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500)
      return sendProblem(reply, problem(500, "Internal error", "This is a defect of the control plane; its log has the details."));
    return sendProblem(reply, problem(status, "Bad request", error.message));
  });
  app.setNotFoundHandler((request, reply) =>
    sendProblem(
      reply,
      problem(
        404,
        "No such route",
        `${request.method} ${request.url.slice(0, 200)} is not part of this API; GET /v1/openapi.json lists it.`,
      ),
    ),
  );
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Fairlead control plane",
        version: state.version,
        description: "What the fleet sees, and why.",
        license: { name: "Apache-2.0" },
      },
    },
  });
  app.get("/v1/openapi.json", { schema: { hide: true } }, () => app.swagger());
  serviceRoutes(app, state);
  fleetRoutes(app, state);
  processRoutes(app, state);
  return app;
}

function newApp() {
  return Fastify({
    bodyLimit: BODY_MAX_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false } },
  });
}

type App = ReturnType<typeof newApp>;

const ServiceParams = Type.Object({ name: Type.String({ maxLength: 300 }) });
const EndpointParams = Type.Object({ name: Type.String({ maxLength: 300 }), id: Type.String({ maxLength: 100, description: "ip:port" }) });
const NodeParams = Type.Object({ node: Type.String({ maxLength: 300 }) });
type Params<T extends Type.TSchema> = { Params: Static<T> };
const NotFound = { 404: schema.Problem };

function serviceRoutes(app: App, state: AdminState): void {
  app.get("/v1/services", { schema: { summary: "Every service", tags: ["services"], response: { 200: schema.Services } } }, () => ({
    services: serviceNames(state).map((name) => serviceSummary(state, name)),
  }));

  app.get<Params<typeof ServiceParams>>(
    "/v1/services/:name",
    {
      schema: {
        summary: "One service with its members",
        tags: ["services"],
        params: ServiceParams,
        response: { 200: schema.Service, ...NotFound },
      },
    },
    (request, reply) => {
      const name = known(state, request.params.name);
      return name.ok ? serviceView(state, name.value) : sendProblem(reply, name.error);
    },
  );

  app.get<Params<typeof EndpointParams>>(
    "/v1/services/:name/endpoints/:id",
    {
      schema: {
        summary: "Why an endpoint is in or out",
        tags: ["services"],
        params: EndpointParams,
        response: { 200: schema.Endpoint, ...NotFound },
      },
    },
    (request, reply) => {
      const name = known(state, request.params.name);
      if (!name.ok) return sendProblem(reply, name.error);
      const endpoint = findEndpoint(state, name.value, request.params.id);
      if (endpoint !== undefined) return endpoint;
      const detail = `${name.value} has no endpoint ${request.params.id}; GET /v1/services/${name.value} lists its members.`;
      return sendProblem(reply, problem(404, "No such endpoint", detail));
    },
  );

  app.post<Params<typeof ServiceParams> & { Body: Static<typeof schema.ConfirmRequest> }>(
    "/v1/services/:name/confirm",
    {
      schema: {
        summary: "What the sources say of this service is meant: end its holds and its retirement now",
        tags: ["services"],
        params: ServiceParams,
        body: schema.ConfirmRequest,
        response: { 200: schema.Confirmed, 400: schema.Problem, 403: schema.Problem, ...NotFound },
      },
    },
    (request, reply) => {
      if (!isLoopback(request.ip)) {
        return sendProblem(
          reply,
          problem(403, "Loopback only", "Writes are taken from the loopback interface only: call this from the control plane's host."),
        );
      }
      const name = known(state, request.params.name);
      if (!name.ok) return sendProblem(reply, name.error);
      const ended = serviceSummary(state, name.value).endpoints.held;
      const { atMs, author, reason } = state.confirm(name.value, request.body);
      return { service: name.value as string, confirmedAt: iso(atMs), author, reason, ended };
    },
  );
}

function fleetRoutes(app: App, state: AdminState): void {
  app.get(
    "/v1/sources",
    { schema: { summary: "Every source, its state and age", tags: ["sources"], response: { 200: schema.Sources } } },
    () => sourcesView(state),
  );
  app.get(
    "/v1/comparisons",
    {
      schema: {
        summary: "What sources that are only compared say otherwise, by service",
        tags: ["sources"],
        response: { 200: schema.Comparisons },
      },
    },
    () => comparisonsView(state),
  );
  app.get(
    "/v1/snapshot",
    { schema: { summary: "The snapshot in force", tags: ["snapshot"], response: { 200: schema.SnapshotBody } } },
    () => snapshotView(state),
  );
  app.get(
    "/v1/sidecars",
    { schema: { summary: "Every stream, connected or lately gone", tags: ["sidecars"], response: { 200: schema.Sidecars } } },
    () => sidecarsView(state),
  );
  app.get<Params<typeof NodeParams>>(
    "/v1/sidecars/:node",
    {
      schema: {
        summary: "One node: what it subscribed to, was sent, accepted and refused",
        tags: ["sidecars"],
        params: NodeParams,
        response: { 200: schema.SidecarStreams, ...NotFound },
      },
    },
    (request, reply) => {
      const streams = streamsOf(state, request.params.node);
      if (streams.length > 0) return { node: request.params.node, streams };
      return sendProblem(
        reply,
        problem(404, "No such node", `No stream of node ${request.params.node.slice(0, 100)} is known; GET /v1/sidecars lists them.`),
      );
    },
  );
  loadRoutes(app, state);
  app.get(
    "/v1/status",
    { schema: { summary: "This process, and every degraded mode that is on", tags: ["process"], response: { 200: schema.Status } } },
    () => statusView(state),
  );
}

function loadRoutes(app: App, state: AdminState): void {
  app.get("/v1/load", { schema: { summary: "The load that clients report, by service", tags: ["load"], response: { 200: Loads } } }, () =>
    loadsView(state),
  );
  app.get<Params<typeof ServiceParams>>(
    "/v1/load/:name",
    {
      schema: {
        summary: "The load on one service, by endpoint or locality and reporter",
        tags: ["load"],
        params: ServiceParams,
        response: { 200: Load, ...NotFound },
      },
    },
    (request, reply) => {
      const name = known(state, request.params.name);
      return name.ok ? loadView(state, name.value) : sendProblem(reply, name.error);
    },
  );
}

function processRoutes(app: App, state: AdminState): void {
  app.get("/v1/checkers", { schema: { summary: "Who checks and votes", tags: ["fleet"], response: { 200: Checkers } } }, () =>
    checkersView(state),
  );
  app.get(
    "/healthz",
    { schema: { summary: "The process turns", tags: ["process"], response: { 200: Type.Object({ ok: Type.Boolean() }) } } },
    () => ({ ok: true }),
  );
  app.get(
    "/readyz",
    {
      schema: {
        summary: "Every source has spoken or been replaced",
        tags: ["process"],
        response: { 200: schema.Ready, 503: schema.Ready },
      },
    },
    (_request, reply) => {
      const ready = readyView(state);
      return reply.code(ready.ready ? 200 : 503).send(ready);
    },
  );
  app.get(
    "/metrics",
    { schema: { summary: "Prometheus text", tags: ["process"], produces: ["text/plain"], response: { 200: Type.String() } } },
    async (_request, reply) => {
      const text = await state.metrics.expose();
      return reply.type("text/plain; version=0.0.4").send(text);
    },
  );
}

/** A service somebody knows, or the problem that says how to find one. */
function known(state: AdminState, text: string): Result<ServiceName, ProblemBody> {
  const name = serviceName(text);
  if (name.ok && serviceNames(state).includes(name.value)) return ok(name.value);
  const detail = name.ok ? `No service ${name.value} is known; GET /v1/services lists them.` : name.error;
  return fail(problem(404, "No such service", detail));
}

function isLoopback(ip: string): boolean {
  return ip === "::1" || ip.startsWith("127.") || ip.startsWith("::ffff:127.");
}

function sendProblem(reply: FastifyReply, body: ProblemBody): FastifyReply {
  return reply.code(body.status).type("application/problem+json").send(body);
}
