import { fail, ok, type Result } from "@fairlead/shared";
import { ANNOTATIONS } from "./annotations.js";
import type { InjectorOptions } from "./injector-options.js";
import { type PatchOperation, pointer } from "./json-patch.js";
import type { Pod } from "./pod.js";
import { sidecarConfig } from "./sidecar-config.js";
import { SIDECAR_CONTAINER, SIDECAR_VOLUMES, sidecarContainer } from "./sidecar-container.js";
import { wantedUpstreams } from "./wanted-upstreams.js";

export interface PodToPatch {
  readonly pod: Pod;
  /** Where the pod will be; undefined when the request does not say. */
  readonly namespace: string | undefined;
}

/**
 * The JSON Patch (RFC 6902) that gives the pod its sidecar; empty when it shall have none or has one already, so that applying it
 * and asking again changes nothing (the API server does ask again: reinvocationPolicy IfNeeded). The error is a refusal
 * for the person who made the pod.
 */
export function podPatch({ pod, namespace }: PodToPatch, options: InjectorOptions): Result<readonly PatchOperation[]> {
  if ([...(pod.initContainers ?? []), ...(pod.containers ?? [])].includes(SIDECAR_CONTAINER)) return ok([]);
  const upstreams = wantedUpstreams(pod, options.upstreams);
  if (!upstreams.ok) return upstreams;
  if (upstreams.value === undefined) return ok([]);
  const obstacle = obstacleIn(pod);
  if (obstacle !== undefined) return fail(obstacle);
  const config = sidecarConfig({ upstreams: upstreams.value, cluster: clusterOf(pod, namespace), options });
  return ok([annotate(pod, config), addContainer(pod, options), ...addVolumes(pod)]);
}

function obstacleIn({ hostNetwork, volumes = [] }: Pod): string | undefined {
  const wayOut = `annotation ${ANNOTATIONS.inject}: "false" keeps the sidecar out`;
  if (hostNetwork) return `a pod with hostNetwork has no ports of its own for a sidecar; remove hostNetwork, or ${wayOut}`;
  const taken = SIDECAR_VOLUMES.find(({ name }) => volumes.includes(name));
  return taken === undefined ? undefined : `the volume name ${taken.name} belongs to the sidecar; rename the pod's volume, or ${wayOut}`;
}

/** The application's name, where a label of the usual ones tells it. */
function clusterOf({ labels }: Pod, namespace: string | undefined): string | undefined {
  const named = [labels?.["app.kubernetes.io/name"], labels?.["app"], namespace];
  return named.find((name) => name !== undefined && /^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/.test(name));
}

function annotate({ annotations }: Pod, config: string): PatchOperation {
  if (annotations === undefined) return { op: "add", path: pointer("metadata", "annotations"), value: { [ANNOTATIONS.config]: config } };
  return { op: "add", path: pointer("metadata", "annotations", ANNOTATIONS.config), value: config };
}

/** First, so that the pod's own init containers can already call its upstreams. */
function addContainer(pod: Pod, options: InjectorOptions): PatchOperation {
  const container = sidecarContainer(options, zoneOf(pod, options));
  if (pod.initContainers === undefined) return { op: "add", path: pointer("spec", "initContainers"), value: [container] };
  return { op: "add", path: pointer("spec", "initContainers", 0), value: container };
}

/** A label that is empty or missing would reach the sidecar as an empty zone, which it refuses. */
function zoneOf({ labels }: Pod, { zone, zoneLabel }: InjectorOptions): object | undefined {
  if ((labels?.[zoneLabel] ?? "") !== "") return { valueFrom: { fieldRef: { fieldPath: `metadata.labels['${zoneLabel}']` } } };
  return zone === undefined ? undefined : { value: zone };
}

function addVolumes({ volumes }: Pod): readonly PatchOperation[] {
  if (volumes === undefined) return [{ op: "add", path: pointer("spec", "volumes"), value: SIDECAR_VOLUMES }];
  return SIDECAR_VOLUMES.map((value) => ({ op: "add", path: pointer("spec", "volumes", "-"), value }));
}
