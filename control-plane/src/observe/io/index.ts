import type { ServedElsewhere } from "../index.js";
import { servedByControlPlane } from "./served-by-control-plane.js";
import { servedByFile } from "./served-by-file.js";

/** @param against the admin address of another control plane (`http://…`), or the path of a list such as a file source reads */
export function servedElsewhere(against: string): ServedElsewhere {
  return against.startsWith("http://") ? servedByControlPlane(against) : servedByFile(against);
}
