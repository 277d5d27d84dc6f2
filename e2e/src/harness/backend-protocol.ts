/**
 * What a backend does with requests: answer (after a while), answer with a status, never answer, break the connection, or
 * call a port of this machine and answer with the status it has from there, 502 where it has none.
 */
export type Behaviour =
  | { readonly kind: "answer"; readonly delayMs?: number }
  | { readonly kind: "status"; readonly status: number; readonly share?: Share }
  | { readonly kind: "hang" }
  | { readonly kind: "reset"; readonly share?: Share }
  | { readonly kind: "call"; readonly port: number };

/** 0 to 1: of so many requests, drawn by a seed; the others are answered. Default all. */
type Share = number;

/** What /healthz does: pass (200), fail (503) or never answer. */
export type Health = "pass" | "fail" | "hang";

/** To the backend process, with a number it confirms. */
export type BackendOrder = { readonly order: number; readonly behaviour?: Behaviour; readonly health?: Health };

/** From the backend process: it listens; an order is in force; a request's head has arrived (sent before it is answered, so a kill loses none). */
export type BackendReport =
  | { readonly kind: "listening"; readonly port: number }
  | { readonly kind: "obeyed"; readonly order: number }
  | { readonly kind: "request"; readonly id: string | undefined; readonly method: string; readonly path: string };
