import { type EndpointId, fail, formatProblems, ok, parseAddress, type ServiceName } from "@fairlead/shared";
import { readFiles } from "@fairlead/shared/io";
import { readServiceLists } from "../../config/index.js";
import type { Endpoint } from "../../discovery/index.js";
import type { Served, ServedElsewhere } from "../index.js";

/** A list in the form of a file source's file, read again every time. */
export function servedByFile(path: string): ServedElsewhere {
  return {
    async read() {
      const text = (await readFiles([path])).get(path) ?? fail("no such file");
      if (!text.ok) return fail(`${path}: ${text.error}`);
      const lists = readServiceLists({ file: path, text: text.value });
      if (!lists.ok) return fail(formatProblems(lists.error));
      const served = new Map<ServiceName, Served>();
      for (const [name, members] of lists.value.services) {
        const endpoints = new Map<EndpointId, Endpoint>();
        for (const { address, ...member } of members) {
          const parsed = parseAddress(address);
          if (parsed.ok) endpoints.set(address as EndpointId, { id: address as EndpointId, ...parsed.value, ...member });
        }
        served.set(name, { kind: "endpoints", endpoints });
      }
      return ok(served);
    },
  };
}
