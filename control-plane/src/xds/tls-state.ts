// TLS on the xDS port, as settings and as people see it.

import type { ClientRule } from "./client-identity.js";

/** Paths of PEM files. They are read again when they change; a bad one leaves what was read before in force. */
export interface XdsTls {
  /** Our certificate and what it is signed by. */
  readonly cert: string;
  readonly key: string;
  /** Authorities of the clients' certificates. With it a client without a certificate of theirs is refused. */
  readonly clientCa?: string;
  /** Which clients may claim which node ids; without it a node is called after its certificate. */
  readonly clients?: readonly ClientRule[];
}

/** Wall times. */
export interface TlsState {
  /** Of the certificate in force. */
  readonly startsAtMs: number;
  readonly endsAtMs: number;
  readonly loadedAtMs: number;
  readonly clientsProveThemselves: boolean;
  /** Why what is in the files now is not used. */
  readonly refused: { readonly because: string; readonly sinceMs: number } | undefined;
}

const MS_PER_DAY = 86_400_000;

export function daysLeft({ endsAtMs }: TlsState, nowMs: number): number {
  return (endsAtMs - nowMs) / MS_PER_DAY;
}

/** Whether a tenth of the certificate's life is left, or none: whoever renews it does so at a third (cert-manager, SPIRE at a half). */
export function endsSoon({ startsAtMs, endsAtMs }: TlsState, nowMs: number): boolean {
  return endsAtMs - nowMs < (endsAtMs - startsAtMs) / 10;
}
