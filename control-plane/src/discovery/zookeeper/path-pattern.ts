import { type Result, type ServiceName, serviceName } from "@fairlead/shared";
import type { ZooKeeperPathSettings } from "../../config/index.js";

/** Where members are: under one known path, or under one path per child of `parent`. */
export type PathPattern = ExactPath | WildcardPath;

export interface ExactPath {
  readonly kind: "exact";
  readonly path: string;
  readonly service: ServiceName;
}

export interface WildcardPath {
  readonly kind: "wildcard";
  /** Its children are what `*` stands for. */
  readonly parent: string;
  pathOf(child: string): string;
  /** `{1}` in the configured service is the child's name, `{1:lower}` the same in lower case. */
  serviceOf(child: string): Result<ServiceName>;
  /** Whether each child is a service of its own. */
  readonly oneEach: boolean;
}

/** Throws on a path the configuration's check would have refused. */
export function pathPattern(settings: ZooKeeperPathSettings): PathPattern {
  const segments = settings.path.split("/").filter((segment) => segment !== "");
  const star = segments.indexOf("*");
  if (star < 0) {
    const service = serviceName(settings.service);
    if (!service.ok) throw new Error(service.error);
    return { kind: "exact", path: joined(segments), service: service.value };
  }
  if (segments.includes("*", star + 1)) throw new Error(`${settings.path} has more than one *`);
  return {
    kind: "wildcard",
    parent: joined(segments.slice(0, star)),
    pathOf: (child) => joined([...segments.slice(0, star), child, ...segments.slice(star + 1)]),
    serviceOf: (child) => serviceName(settings.service.replaceAll("{1}", () => child).replaceAll("{1:lower}", () => child.toLowerCase())),
    oneEach: settings.service.includes("{1"),
  };
}

/** Path of a child znode. */
export function childPath(parent: string, child: string): string {
  return parent === "/" ? `/${child}` : `${parent}/${child}`;
}

/** Splits a path into its parent and its own name. */
export function parentAndName(path: string): { readonly parent: string; readonly name: string } {
  const slash = path.lastIndexOf("/");
  return { parent: slash <= 0 ? "/" : path.slice(0, slash), name: path.slice(slash + 1) };
}

function joined(segments: readonly string[]): string {
  return `/${segments.join("/")}`;
}
