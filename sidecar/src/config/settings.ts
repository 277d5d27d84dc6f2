// What this sidecar was told to do, after defaults.

import type { ClientTlsSettings } from "@fairlead/shared";

export interface Listen {
  readonly host: string;
  /** 0 lets the system choose (tests). */
  readonly port: number;
}

export interface Upstream {
  readonly service: string;
  /** Its own local port; without one it is reached through the Host-routed port only. */
  readonly listen: Listen | undefined;
}

export interface Settings {
  readonly node: { readonly id: string; readonly cluster: string; readonly zone: string };
  /** `ip:port`, tried in order, then round again. */
  readonly controlPlane: { readonly addresses: readonly string[]; readonly tls?: ClientTlsSettings };
  readonly stateDir: string;
  readonly admin: { readonly listen: Listen };
  readonly upstreams: readonly Upstream[];
  readonly http: { readonly listen: Listen; readonly hosts: ReadonlyMap<string, string> } | undefined;
  readonly drain: {
    readonly timeoutMs: number;
    /** For connections without an end of their own to an endpoint that left. */
    readonly leaveMs: number;
  };
  readonly accessLog: { readonly mode: "off" | "errors" | "sampled" | "all"; readonly rate: number; readonly query: boolean };
  /** Answers name the endpoint and the version of the assignment that it was picked from. */
  readonly answerHeader: boolean;
  /** Undefined: the default of LIMITS.md. */
  readonly limits: { readonly connections: number | undefined; readonly bodyBytes: number | undefined };
  readonly shed: {
    readonly enabled: boolean;
    readonly inFlight: number | undefined;
    readonly loopDelayMs: number | undefined;
    readonly heapPercent: number | undefined;
  };
}
