import { fail, ok, type Result, type ServiceName, serviceName } from "@fairlead/shared";
import { ANNOTATIONS } from "./annotations.js";
import type { Pod } from "./pod.js";

/** All of them together stay far below the 256 KiB that Kubernetes allows the annotations of an object. */
export const MAX_UPSTREAMS = 200;

/** Set by the kubelet on the image of a pod it already runs from a file; changing that image changes nothing. */
const MIRROR = "kubernetes.io/config.mirror";

/**
 * The services the pod shall reach through a sidecar, in the order written; undefined when it shall have none.
 * The error names the annotation and what to write instead.
 *
 * @param byDefault for a pod that names none; empty means such a pod has no sidecar
 */
export function wantedUpstreams(pod: Pod, byDefault: readonly ServiceName[]): Result<readonly ServiceName[] | undefined> {
  const annotations = pod.annotations ?? {};
  const inject = annotations[ANNOTATIONS.inject];
  if (inject === "false" || annotations[MIRROR] !== undefined) return ok(undefined);
  if (inject !== undefined && inject !== "true") {
    return fail(`annotation ${ANNOTATIONS.inject}: ${shown(inject)} is neither "true" nor "false"; write one of them, with quotes`);
  }
  const written = annotations[ANNOTATIONS.upstreams];
  if (written !== undefined) return upstreamsIn(written);
  if (byDefault.length > 0) return ok(byDefault);
  if (inject === undefined) return ok(undefined);
  return fail(
    `annotation ${ANNOTATIONS.upstreams} is missing; name the services the pod calls, such as ${ANNOTATIONS.upstreams}: shop,cart`,
  );
}

function upstreamsIn(written: string): Result<readonly ServiceName[]> {
  const names = written.split(",").map((name) => name.trim());
  if (names.length > MAX_UPSTREAMS) return refuse(`${names.length} names are too many, ${MAX_UPSTREAMS} are the most`);
  const upstreams = new Set<ServiceName>();
  for (const text of names) {
    const name = serviceName(text);
    if (!name.ok) return refuse(name.error);
    if (upstreams.has(name.value)) return refuse(`${shown(text)} is named twice`);
    upstreams.add(name.value);
  }
  return ok([...upstreams]);
}

function refuse(reason: string): Result<never> {
  const fix = `name the services the pod calls, separated by commas, such as shop,cart; ${ANNOTATIONS.inject}: "false" keeps the sidecar out`;
  return fail(`annotation ${ANNOTATIONS.upstreams}: ${reason}; ${fix}`);
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}
