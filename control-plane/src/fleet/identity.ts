import type { XdsNode } from "../xds/index.js";

/** The peer's address without its port. */
export function hostOf(peer: string): string {
  return peer.slice(0, peer.lastIndexOf(":"));
}

/** The same client, on whichever of its streams and connections: without certificates this is all the identity there is. */
export function identityOf({ peer, node }: { readonly peer: string; readonly node: XdsNode }): string {
  return JSON.stringify([hostOf(peer), node.id]);
}
