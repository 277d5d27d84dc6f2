import { decode, structTo } from "@fairlead/proto";
import { describe, expect, test } from "vitest";
import type { ResponseContent } from "./response-content.js";
import { ResponseEncoder } from "./response-encoder.js";
import { EDS, resource } from "./testing/views.js";

const content = (variant: "sotw" | "delta", more: Partial<ResponseContent> = {}): ResponseContent => ({
  variant,
  typeUrl: EDS,
  version: "v",
  position: "l/1/1",
  resources: [resource(EDS, "a", "1"), resource(EDS, "b", "1")],
  removed: [],
  notes: [],
  timed: false,
  heartbeats: [],
  ...more,
});

describe("an encoded response", () => {
  test("R6: of SotW decodes to what was said, nonce included", () => {
    const { bytes, nonce } = new ResponseEncoder("cp").encode(content("sotw", { notes: [{ name: "x", code: 5, reason: "none" }] }), 0);
    expect(decode("envoy.service.discovery.v3.DiscoveryResponse", bytes)).toMatchObject({
      version_info: "v",
      nonce,
      type_url: EDS,
      control_plane: { identifier: "cp" },
      resources: [
        { type_url: EDS, value: Buffer.from("a@1") },
        { type_url: EDS, value: Buffer.from("b@1") },
      ],
      resource_errors: [{ resource_name: { name: "x" }, error_detail: { code: 5, message: "none" } }],
    });
  });

  test("R24: of delta names and versions each resource", () => {
    const { bytes, nonce } = new ResponseEncoder("cp").encode(content("delta", { removed: ["gone"] }), 0);
    expect(decode("envoy.service.discovery.v3.DeltaDiscoveryResponse", bytes)).toMatchObject({
      system_version_info: "l/1/1",
      nonce,
      type_url: EDS,
      removed_resources: ["gone"],
      resources: [
        { name: "a", version: "1", resource: { type_url: EDS } },
        { name: "b", version: "1", resource: { type_url: EDS } },
      ],
    });
  });

  test("R24: of delta carries a resource's metadata, which SotW has no place for", () => {
    const resources = [{ ...resource(EDS, "a", "1"), metadata: { fairlead: { confirmed: true } } }];
    const { bytes } = new ResponseEncoder("cp").encode(content("delta", { resources }), 0);
    const { resources: sent } = decode("envoy.service.discovery.v3.DeltaDiscoveryResponse", bytes);
    const metadata = sent[0]?.metadata?.filter_metadata["fairlead"];
    expect(metadata === undefined ? undefined : structTo(metadata)).toEqual({ confirmed: true });
    new ResponseEncoder("cp").encode(content("sotw", { resources }), 0);
  });

  test("is the same bytes for every stream that is sent the same", () => {
    const encoder = new ResponseEncoder("cp");
    const one = encoder.encode(content("delta"), 0);
    expect(encoder.encode(content("delta"), 0).bytes).toBe(one.bytes);
    expect(encoder.encode(content("sotw"), 0).bytes).not.toBe(one.bytes);
    expect(encoder.encode(content("delta", { position: "l/1/2" }), 0).bytes).not.toBe(one.bytes);
    expect(encoder.encode(content("delta", { removed: ["x"] }), 0).bytes).not.toBe(one.bytes);
  });

  test("R6: has a nonce of its own on a stream that was sent it before", () => {
    const encoder = new ResponseEncoder("cp");
    const one = encoder.encode(content("sotw"), 0);
    const again = encoder.encode(content("sotw"), one.serial);
    expect(again.nonce).not.toBe(one.nonce);
    const name = "envoy.service.discovery.v3.DiscoveryResponse";
    expect(decode(name, again.bytes)).toEqual({ ...decode(name, one.bytes), nonce: again.nonce });
  });
});
