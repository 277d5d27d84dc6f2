import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { applyPatch } from "./testing/apply-patch.js";
import { named, OPTIONS, type PodJson, patchOf, podJson } from "./testing/pods.js";

const UPSTREAMS = "fairlead.io/upstreams";
const INJECT = "fairlead.io/inject";
const CONFIG = "fairlead.io/config";

interface Container {
  readonly name: string;
  readonly env: readonly { readonly name: string }[];
  readonly [key: string]: unknown;
}

function patched(pod: PodJson, options: Partial<typeof OPTIONS> = {}): PodJson {
  const patch = patchOf(pod, options);
  if (!patch.ok) throw new Error(patch.error);
  expect(patch.value).not.toEqual([]);
  return applyPatch(pod, patch.value);
}

function listOf(pod: PodJson, key: string): readonly Container[] {
  return pod.spec[key] as readonly Container[];
}

function sidecarIn(pod: PodJson): Container {
  const sidecar = listOf(pod, "initContainers").find(({ name }) => name === "fairlead-sidecar");
  if (sidecar === undefined) throw new Error("no sidecar");
  return sidecar;
}

function configIn(pod: PodJson): unknown {
  return parse((pod.metadata["annotations"] as Record<string, string>)[CONFIG] ?? "");
}

describe("who gets a sidecar", () => {
  test.each<[string, object, Partial<typeof OPTIONS>, boolean]>([
    ["a pod that says nothing", {}, {}, false],
    ["a pod that says nothing where there are default upstreams", {}, { upstreams: [named("shop")] }, true],
    ["a pod that names upstreams", { [UPSTREAMS]: "shop" }, {}, true],
    ["a pod that names upstreams and opts in", { [UPSTREAMS]: "shop", [INJECT]: "true" }, {}, true],
    ["a pod that names upstreams and opts out", { [UPSTREAMS]: "shop", [INJECT]: "false" }, {}, false],
    ["a pod that opts out, whatever else it says wrongly", { [UPSTREAMS]: "???", [INJECT]: "false" }, {}, false],
    ["a pod that opts out of the default", { [INJECT]: "false" }, { upstreams: [named("shop")] }, false],
    ["the image of a pod the kubelet runs from a file", { [UPSTREAMS]: "shop", "kubernetes.io/config.mirror": "x" }, {}, false],
  ])("%s", (_, annotations, options, expected) => {
    const patch = patchOf(podJson({ annotations }), options);
    expect(patch).toMatchObject({ ok: true });
    expect(patch.ok && patch.value.length > 0).toBe(expected);
  });

  test.each(["initContainers", "containers"])("a pod with a sidecar among its %s is left alone", (list) => {
    const pod = podJson({ annotations: { [UPSTREAMS]: "shop" }, spec: { [list]: [{ name: "fairlead-sidecar" }] } });
    expect(patchOf(pod)).toEqual({ ok: true, value: [] });
  });
});

describe("what is refused, with annotation and fix", () => {
  test.each<[string, object, string]>([
    ["a name that is no service name", { [UPSTREAMS]: "shop,Cart" }, '"Cart" is not a service name'],
    ["an empty name", { [UPSTREAMS]: "shop,,cart" }, '"" is not a service name'],
    ["no name at all", { [UPSTREAMS]: "" }, '"" is not a service name'],
    ["a name twice", { [UPSTREAMS]: "shop, shop" }, '"shop" is named twice'],
    ["too many names", { [UPSTREAMS]: Array.from({ length: 201 }, (_, i) => `s${i}`).join() }, "201 names are too many, 200 are the most"],
  ])("%s", (_, annotations, reason) => {
    const patch = patchOf(podJson({ annotations }));
    if (patch.ok) throw new Error("not refused");
    expect(patch.error).toContain(`annotation ${UPSTREAMS}: ${reason}`);
    expect(patch.error).toContain("separated by commas, such as shop,cart");
    expect(patch.error.length).toBeLessThan(500);
  });

  test("an opt-in that is neither true nor false", () => {
    expect(patchOf(podJson({ annotations: { [INJECT]: "yes" } }))).toEqual({
      ok: false,
      error: 'annotation fairlead.io/inject: "yes" is neither "true" nor "false"; write one of them, with quotes',
    });
  });

  test("an opt-in without upstreams", () => {
    expect(patchOf(podJson({ annotations: { [INJECT]: "true" } }))).toMatchObject({
      error: expect.stringContaining("annotation fairlead.io/upstreams is missing"),
    });
  });

  test.each<[string, object, string]>([
    ["a pod on the node's network", { hostNetwork: true }, "remove hostNetwork"],
    ["a volume with the name of one of ours", { volumes: [{ name: "fairlead-state" }] }, "rename the pod's volume"],
  ])("%s", (_, spec, fix) => {
    expect(patchOf(podJson({ annotations: { [UPSTREAMS]: "shop" }, spec }))).toMatchObject({
      ok: false,
      error: expect.stringContaining(fix),
    });
  });
});

describe("what the sidecar is", () => {
  test("a native sidecar that starts before the pod's own init containers", () => {
    const pod = patched(podJson({ annotations: { [UPSTREAMS]: "shop" }, spec: { initContainers: [{ name: "migrate" }] } }));
    expect(listOf(pod, "initContainers").map(({ name }) => name)).toEqual(["fairlead-sidecar", "migrate"]);
    expect(sidecarIn(pod)).toMatchObject({
      restartPolicy: "Always",
      image: OPTIONS.image,
      args: ["--config", "/etc/fairlead/sidecar.yaml"],
      resources: OPTIONS.resources,
      readinessProbe: { httpGet: { path: "/ready", port: 15_000 } },
      startupProbe: { httpGet: { path: "/healthz", port: 15_000 } },
    });
    expect(listOf(pod, "containers")).toEqual([{ name: "web", image: "web:1" }]);
  });

  test("it runs as user 65532 on a read-only root with no rights", () => {
    expect(sidecarIn(patched(podJson({ annotations: { [UPSTREAMS]: "shop" } })))["securityContext"]).toEqual({
      runAsNonRoot: true,
      runAsUser: 65_532,
      runAsGroup: 65_532,
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      seccompProfile: { type: "RuntimeDefault" },
    });
  });

  test("every volume it mounts is there, and the configuration file is the annotation", () => {
    const pod = patched(podJson({ annotations: { [UPSTREAMS]: "shop" }, spec: { volumes: [{ name: "own" }] } }));
    const volumes = listOf(pod, "volumes");
    expect(volumes.map(({ name }) => name)).toEqual(["own", "fairlead-config", "fairlead-state"]);
    const mounts = sidecarIn(pod)["volumeMounts"] as readonly { readonly name: string }[];
    expect(mounts.map(({ name }) => name)).toEqual(["fairlead-config", "fairlead-state"]);
    expect(volumes[1]).toMatchObject({
      downwardAPI: { items: [{ path: "sidecar.yaml", fieldRef: { fieldPath: "metadata.annotations['fairlead.io/config']" } }] },
    });
    expect(volumes[2]).toMatchObject({ emptyDir: {} });
  });

  test("its configuration names the control planes, the upstreams in order and the two ports", () => {
    const pod = podJson({ annotations: { [UPSTREAMS]: " shop , cart", other: "kept" }, labels: { app: "web" } });
    expect(configIn(patched(pod, { httpPort: 9_100, adminPort: 15_100 }))).toEqual({
      node: { cluster: "web" },
      controlPlane: { addresses: ["10.96.0.118:18000"] },
      stateDir: "/var/lib/fairlead/sidecar",
      admin: { listen: "0.0.0.0:15100" },
      upstreams: [{ service: "shop" }, { service: "cart" }],
      http: { listen: "127.0.0.1:9100" },
    });
    expect(patched(pod).metadata["annotations"]).toMatchObject({ other: "kept", [UPSTREAMS]: " shop , cart" });
  });

  test("a configuration that came with the pod is replaced", () => {
    const pod = patched(podJson({ annotations: { [UPSTREAMS]: "shop", [CONFIG]: "upstreams: [{ service: stolen }]" } }));
    expect(configIn(pod)).toMatchObject({ upstreams: [{ service: "shop" }] });
  });

  test.each<[string, object | undefined, string | undefined, unknown]>([
    ["the recommended label first", { "app.kubernetes.io/name": "web", app: "old" }, "ns", { cluster: "web" }],
    ["a label Kubernetes will refuse is passed over", { app: "not a name" }, "ns", { cluster: "ns" }],
    ["then the namespace", undefined, "ns", { cluster: "ns" }],
  ])("its cluster: %s", (_, labels, namespace, node) => {
    const pod = podJson({ annotations: { [UPSTREAMS]: "shop" }, labels });
    const patch = patchOf(pod, {}, namespace);
    expect(patch.ok && configIn(applyPatch(pod, patch.value))).toMatchObject({ node });
  });

  const id = { name: "FAIRLEAD_NODE__ID", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } };
  const fromLabel = { valueFrom: { fieldRef: { fieldPath: "metadata.labels['topology.kubernetes.io/zone']" } } };
  test.each<[string, object | undefined, string | undefined, readonly object[]]>([
    ["its node id is the pod's name; without a zone the sidecar's default holds", undefined, undefined, [id]],
    ["its zone is the configured one", undefined, "a", [id, { name: "FAIRLEAD_NODE__ZONE", value: "a" }]],
    ["the pod's label goes before", { "topology.kubernetes.io/zone": "b" }, "a", [id, { name: "FAIRLEAD_NODE__ZONE", ...fromLabel }]],
    ["an empty label is none", { "topology.kubernetes.io/zone": "" }, undefined, [id]],
  ])("%s", (_, labels, zone, env) => {
    expect(sidecarIn(patched(podJson({ annotations: { [UPSTREAMS]: "shop" }, labels }), { zone })).env).toEqual(env);
  });
});

describe("asking again", () => {
  const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}$/), { maxLength: 4 });
  const listOfNamed = fc.option(
    names.map((all) => all.map((name) => ({ name }))),
    { nil: undefined },
  );
  const nullable = (list: fc.Arbitrary<unknown>) => fc.oneof(list, fc.constant(null));
  const upstreams = fc.uniqueArray(fc.stringMatching(/^[a-z0-9]{1,10}$/), { minLength: 1, maxLength: 5 });
  const pods = fc.record({
    annotations: nullable(
      fc.option(fc.dictionary(fc.constantFrom("a", "b/c", "d~e", CONFIG, INJECT), fc.constantFrom("true", "false")), { nil: undefined }),
    ),
    upstreams: fc.option(upstreams, { nil: undefined }),
    initContainers: nullable(listOfNamed),
    volumes: nullable(listOfNamed),
  });

  test("a pod that was given its sidecar is never given another", () => {
    fc.assert(
      fc.property(pods, ({ annotations, upstreams, initContainers, volumes }) => {
        const all = upstreams === undefined ? annotations : { ...(annotations as object), [UPSTREAMS]: upstreams.join() };
        const pod = podJson({ annotations: all, spec: { initContainers, volumes } });
        const first = patchOf(pod, { upstreams: [named("shop")] });
        if (!first.ok) throw new Error(first.error);
        const once = applyPatch(pod, first.value);
        expect(patchOf(once, { upstreams: [named("shop")] })).toEqual({ ok: true, value: [] });
        const [before, after] = [pod, once].map((one) => (one.spec["initContainers"] as unknown[] | null | undefined)?.length ?? 0);
        expect(after).toBe(Number(before) + (first.value.length > 0 ? 1 : 0));
      }),
    );
  });
});
