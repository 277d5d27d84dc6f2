import { fail, ok, type Result } from "@fairlead/shared";
import type { InjectorOptions } from "./injector-options.js";
import type { PatchOperation } from "./json-patch.js";
import { isMap, readPod } from "./pod.js";
import { podPatch } from "./pod-patch.js";

/** What the API server is answered: https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#response */
export interface AdmissionAnswer {
  readonly apiVersion: typeof API_VERSION;
  readonly kind: typeof KIND;
  readonly response: AdmissionResponse;
}

type AdmissionResponse =
  | { readonly uid: string; readonly allowed: true; readonly patchType?: "JSONPatch" /** Base64. */; readonly patch?: string }
  | { readonly uid: string; readonly allowed: false; readonly status: { readonly code: number; readonly message: string } };

const API_VERSION = "admission.k8s.io/v1";
const KIND = "AdmissionReview";

/**
 * Answers an admission.k8s.io/v1 AdmissionReview. What is no new Pod is allowed as it is; a pod whose annotations cannot be
 * followed is refused with the reason. The error says what is wrong with a review that is none.
 */
export function answerReview(body: unknown, options: InjectorOptions): Result<AdmissionAnswer> {
  if (!isMap(body)) return fail("expected an AdmissionReview, got no JSON object");
  const { apiVersion, kind, request } = body;
  if (apiVersion !== API_VERSION || kind !== KIND) return fail(`expected apiVersion ${API_VERSION} and kind ${KIND}`);
  if (!isMap(request)) return fail("request is missing");
  const { uid, namespace, object } = request;
  if (typeof uid !== "string" || uid === "") return fail("request.uid is missing");
  if (!isMap(request["kind"])) return fail("request.kind is missing");
  if (!isNewPod(request)) return ok(answer({ uid, allowed: true }));
  const pod = readPod(object);
  if (!pod.ok) return fail(`request.object is not a Pod: ${pod.error}`);
  const patch = podPatch({ pod: pod.value, namespace: typeof namespace === "string" ? namespace : undefined }, options);
  return ok(answer(patch.ok ? allowed(uid, patch.value) : refused(uid, patch.error)));
}

/** The webhook's rules ask for new Pods only; whoever widens them shall not break what else passes. */
function isNewPod({ kind, operation, subResource }: Readonly<Record<string, unknown>>): boolean {
  const isPod = isMap(kind) && (kind["group"] ?? "") === "" && kind["kind"] === "Pod";
  return isPod && operation === "CREATE" && (subResource ?? "") === "";
}

function answer(response: AdmissionResponse): AdmissionAnswer {
  return { apiVersion: API_VERSION, kind: KIND, response };
}

function allowed(uid: string, patch: readonly PatchOperation[]): AdmissionResponse {
  if (patch.length === 0) return { uid, allowed: true };
  return { uid, allowed: true, patchType: "JSONPatch", patch: Buffer.from(JSON.stringify(patch)).toString("base64") };
}

function refused(uid: string, message: string): AdmissionResponse {
  return { uid, allowed: false, status: { code: 400, message: `fairlead: ${message}` } };
}
