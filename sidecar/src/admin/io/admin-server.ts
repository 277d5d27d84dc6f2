import { type Closable, fail, ok, type Result } from "@fairlead/shared";
import Fastify from "fastify";
import type { AdminState } from "../state.js";
import { clustersView, configDump, readyView } from "../views.js";

export interface AdminServer extends Closable {
  readonly port: number;
}

/** Serves /healthz, /ready, /clusters, /config_dump and /metrics; POST /shed/off, /shed/auto and /leave/{service} are the operator's word. */
export async function startAdminServer(
  state: AdminState,
  listen: { readonly host: string; readonly port: number },
): Promise<Result<AdminServer>> {
  const app = Fastify({ forceCloseConnections: true, bodyLimit: 1_024, requestTimeout: 10_000 });
  app.setNotFoundHandler((request, reply) =>
    reply
      .code(404)
      .type("application/problem+json")
      .send({
        type: "about:blank",
        title: "No such route",
        status: 404,
        detail: `${request.method} ${request.url.slice(0, 200)}: there are /healthz, /ready, /clusters, /config_dump, /metrics and POST /shed/off, /shed/auto, /leave/{service}.`,
      }),
  );
  app.get("/healthz", () => ({ ok: true }));
  app.get("/ready", (_request, reply) => {
    const view = readyView(state);
    return reply.code(view.ready ? 200 : 503).send(view);
  });
  app.get("/clusters", () => clustersView(state));
  app.get("/config_dump", () => configDump(state));
  for (const mode of ["off", "auto"] as const) {
    app.post(`/shed/${mode}`, () => {
      state.shed.setMode(mode);
      return state.shed.view();
    });
  }
  app.post<{ Params: { service: string } }>("/leave/:service", ({ params: { service } }) => ({
    service,
    endpoints: state.engine.endDraining?.(service) ?? 0,
  }));
  app.get("/metrics", async (_request, reply) => {
    const text = await state.metrics.expose();
    return reply.type("text/plain; version=0.0.4").send(text);
  });
  try {
    await app.listen({ host: listen.host, port: listen.port });
  } catch (error) {
    await app.close();
    return fail(error instanceof Error ? error.message : String(error));
  }
  const address = app.server.address();
  return ok({ port: typeof address === "object" && address !== null ? address.port : listen.port, close: () => app.close() });
}
