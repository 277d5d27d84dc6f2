import { type Clock, fail, type Log } from "@fairlead/shared";
import { readFiles, watchFiles } from "@fairlead/shared/io";
import type { ListFile } from "../file-source.js";

/** The file of a file source on disk; renames over it and ConfigMap link swaps are noticed. */
export function listFileOnDisk(path: string, deps: { readonly clock: Clock; readonly log: Log }): ListFile {
  return {
    read: async () => (await readFiles([path])).get(path) ?? fail("no such file"),
    watch: (onChange) => watchFiles({ ...deps, paths: [path], changed: onChange }),
  };
}
