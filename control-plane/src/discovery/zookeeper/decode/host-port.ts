import { ok, type Result, splitHostPort } from "@fairlead/shared";
import type { Endpoint } from "../../source.js";
import { registeredAddress, shown } from "./address.js";
import type { Member } from "./decoder.js";
import { endpointOf } from "./registration.js";
import { malformed, type Rejection } from "./rejection.js";

/**
 * Members that are an address. Data of the form `host:port` decides. Otherwise the znode's name does, if it has that form:
 * members named by their address carry nothing, the registering host's IP (what Curator writes by default) or notes.
 */
export function decodeHostPort({ path, name, data }: Member): Result<Endpoint, Rejection> {
  const text = Buffer.from(data).toString("utf8").trim();
  const written = [splitHostPort(text), splitHostPort(name)].find((split) => split.ok);
  if (written === undefined || !written.ok) {
    return malformed(
      text === "" ? `no data, and the name ${shown(name)} is not host:port` : `data ${shown(text)} is not host:port, nor is the name`,
    );
  }
  const address = registeredAddress(written.value.host, written.value.port);
  return address.ok ? ok(endpointOf({ address: address.value, place: path })) : address;
}
