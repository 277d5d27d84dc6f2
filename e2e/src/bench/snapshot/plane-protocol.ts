// What the snapshot bench says to a control plane of its own, and what that answers.

export type PlaneOrder =
  /** Re-weights one endpoint, `changes` times, each time in the next cluster and after the change before was acknowledged. */
  | { readonly kind: "change"; readonly changes: number }
  /** Endpoints leave and come back, this many events a second, evenly; ends when everything is published. */
  | { readonly kind: "flap"; readonly perSecond: number; readonly seconds: number };

export type PlaneReport =
  | { readonly kind: "listening"; readonly port: number }
  /** CPU of the whole process per change: `clear`, and `saving` where the snapshot was written to disk meanwhile. */
  | { readonly kind: "changed"; readonly clear: readonly number[]; readonly saving: readonly number[] }
  | {
      readonly kind: "flapped";
      /** Over all of the flapping. */
      readonly changes: number;
      readonly tookS: number;
      readonly publishes: number;
      /** Of assignments that a publish changed. */
      readonly changedBytes: number;
      /** Of all assignments. */
      readonly fullBytes: number;
      /** Once it has become steady. */
      readonly cpuMicrosPerChange: number;
    };
