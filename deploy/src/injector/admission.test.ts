import { describe, expect, test } from "vitest";
import { answerReview } from "./admission.js";
import { OPTIONS, podJson } from "./testing/pods.js";

const POD = { group: "", version: "v1", kind: "Pod" };

function review(request: object = {}): unknown {
  const object = podJson({ annotations: { "fairlead.io/upstreams": "shop" } });
  return {
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    request: { uid: "u-1", kind: POD, operation: "CREATE", namespace: "shop", object, ...request },
  };
}

test("a new pod is allowed with its patch, under the uid of the request", () => {
  const answer = answerReview(review(), OPTIONS);
  expect(answer).toMatchObject({
    ok: true,
    value: { apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", response: { uid: "u-1", allowed: true, patchType: "JSONPatch" } },
  });
  const patch = answer.ok && answer.value.response.allowed ? answer.value.response.patch : undefined;
  const paths = (JSON.parse(Buffer.from(patch ?? "", "base64").toString()) as { path: string }[]).map(({ path }) => path);
  expect(paths).toEqual(["/metadata/annotations/fairlead.io~1config", "/spec/initContainers", "/spec/volumes"]);
});

test("a pod that wants no sidecar is allowed with neither patch nor patch type", () => {
  expect(answerReview(review({ object: podJson() }), OPTIONS)).toMatchObject({ value: { response: { uid: "u-1", allowed: true } } });
  const answer = answerReview(review({ object: podJson() }), OPTIONS);
  expect(answer.ok && Object.keys(answer.value.response)).toEqual(["uid", "allowed"]);
});

test("a pod whose annotation cannot be followed is refused with code 400 and the reason", () => {
  const object = podJson({ annotations: { "fairlead.io/upstreams": "Shop" } });
  expect(answerReview(review({ object }), OPTIONS)).toEqual({
    ok: true,
    value: {
      apiVersion: "admission.k8s.io/v1",
      kind: "AdmissionReview",
      response: {
        uid: "u-1",
        allowed: false,
        status: {
          code: 400,
          message: expect.stringMatching(/^fairlead: annotation fairlead\.io\/upstreams: "Shop" is not a service name/),
        },
      },
    },
  });
});

test.each<[string, object]>([
  ["a Deployment", { kind: { group: "apps", version: "v1", kind: "Deployment" }, object: {} }],
  ["a Pod of another group", { kind: { group: "example.com", version: "v1", kind: "Pod" }, object: {} }],
  ["a pod that goes, without an object", { operation: "DELETE", object: null }],
  ["a pod that changes", { operation: "UPDATE" }],
  ["an ephemeral container", { subResource: "ephemeralcontainers" }],
])("what is no new Pod is allowed as it is: %s", (_, request) => {
  expect(answerReview(review(request), OPTIONS)).toMatchObject({ ok: true, value: { response: { uid: "u-1", allowed: true } } });
  const answer = answerReview(review(request), OPTIONS);
  expect(answer.ok && "patch" in answer.value.response).toBe(false);
});

describe("what is no review is told apart from a refusal", () => {
  test.each<[string, unknown, string]>([
    ["no object", [], "expected an AdmissionReview"],
    ["nothing", null, "expected an AdmissionReview"],
    ["another version", { ...Object(review()), apiVersion: "admission.k8s.io/v1beta1" }, "expected apiVersion admission.k8s.io/v1"],
    ["another kind", { ...Object(review()), kind: "Pod" }, "kind AdmissionReview"],
    ["no request", { apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview" }, "request is missing"],
    ["no uid", review({ uid: undefined }), "request.uid is missing"],
    ["no kind", review({ kind: undefined }), "request.kind is missing"],
    ["a pod that is null", review({ object: null }), "request.object is not a Pod"],
    ["a pod without a spec", review({ object: { metadata: {} } }), "spec is not a map"],
    ["annotations that are no texts", review({ object: podJson({ annotations: { a: 1 } }) }), "metadata.annotations is not a map of texts"],
    ["containers without names", review({ object: podJson({ spec: { containers: [{}] } }) }), "spec.containers is not a list of named"],
  ])("%s", (_, body, reason) => {
    expect(answerReview(body, OPTIONS)).toMatchObject({ ok: false, error: expect.stringContaining(reason) });
  });
});
