import { readFile } from "node:fs/promises";
import { fail, ok, type Result } from "@fairlead/shared";
import { parseNameservers } from "../resolv-conf.js";

/** The nameservers this machine is set up with, as `ip:port`; an error says why they cannot be read. */
export async function systemResolvers(path = "/etc/resolv.conf"): Promise<Result<readonly string[]>> {
  try {
    return ok(parseNameservers(await readFile(path, "utf8")));
  } catch (error) {
    return fail(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
