// Nerve, the registering half of SmartStack: JSON in the znode's data, or in its name. The data of the parent znode is configuration for
// Synapse's generators and is not read.

import { ok, type Result } from "@fairlead/shared";
import type { Endpoint } from "../../source.js";
import { registeredAddress, shown } from "./address.js";
import type { Member } from "./decoder.js";
import { type Fields, isObject, jsonObject, jsonObjectOf } from "./json-object.js";
import { endpointOf, writtenWeight } from "./registration.js";
import type { Rejection } from "./rejection.js";

/** Decoder of Nerve's registrations. A name that does not hold what its prefix says is a name like any other, as for Synapse. */
export function decodeNerve({ path, name, data }: Member): Result<Endpoint, Rejection> {
  const encoded = inName(name);
  const fields = encoded?.ok ? encoded : jsonObject(data);
  if (!fields.ok) return encoded === undefined || encoded.ok ? fields : encoded;
  const { host, port, name: instance, weight, haproxy_server_options: written, labels } = fields.value as Nerve;
  const address = registeredAddress(host, numberOf(port));
  if (!address.ok) return address;
  const known = isObject(labels) ? labels : {};
  const options = haproxyOptions(written);
  return ok(
    endpointOf({
      address: address.value,
      place: path,
      weight: writtenWeight(weight) ?? options.weight,
      zone: known["zone"] ?? known["az"],
      instance,
      priority: options.backup ? 1 : undefined,
      draining: options.disabled ? `haproxy_server_options ${shown(written)}` : undefined,
      metadata: typeof written === "string" ? { ...known, haproxy_server_options: written } : known,
    }),
  );
}

type Nerve = Readonly<Partial<Record<"host" | "port" | "name" | "weight" | "haproxy_server_options" | "labels", unknown>>>;

const ENCODED_NAME = /^base64_(\d{1,5})_/;

/** `base64_<length>_<URL-safe base64 of the JSON>_<sequence number>`: the length, because base64 has underscores of its own. */
function inName(name: string): Result<Fields, Rejection> | undefined {
  const prefix = ENCODED_NAME.exec(name);
  if (prefix === null) return undefined;
  const start = prefix[0].length;
  return jsonObjectOf(Buffer.from(name.slice(start, start + Number(prefix[1])), "base64url").toString("utf8"));
}

/** Ports come from hand-written configuration, where some are quoted. */
function numberOf(port: unknown): unknown {
  return typeof port === "string" && /^\d{1,5}$/.test(port) ? Number(port) : port;
}

/** Of the options of a HAProxy `server` line, those that say who gets traffic. */
function haproxyOptions(written: unknown): { readonly backup: boolean; readonly disabled: boolean; readonly weight: number | undefined } {
  const words = typeof written === "string" ? written.slice(0, 1_024).split(/\s+/) : [];
  const at = words.indexOf("weight");
  return {
    backup: words.includes("backup"),
    disabled: words.includes("disabled"),
    weight: at < 0 ? undefined : writtenWeight(words[at + 1]),
  };
}
