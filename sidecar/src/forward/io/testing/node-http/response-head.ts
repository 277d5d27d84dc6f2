import { fail, ok, type Result } from "@fairlead/shared";
import { isFieldValue, isToken } from "../../../field-rules.js";

export interface ResponseHead {
  readonly status: number;
  readonly statusText: string;
  /** `1.1`. */
  readonly version: string;
  /** Flat: name, value, name, value. */
  readonly headers: readonly string[];
}

/**
 * What Node's client parser lets through and must not reach a caller as a good answer: impossible status codes, other
 * versions, control characters, and transfer codings that we would strip without undoing.
 */
export function checkResponseHead({ status, statusText, version, headers }: ResponseHead): Result<void> {
  if (!Number.isInteger(status) || status < 200 || status > 599) return fail(`status ${status} is not a final status of HTTP`);
  if (version !== "1.1" && version !== "1.0") return fail(`HTTP/${version} in the answer`);
  if (!isFieldValue(statusText)) return fail("a control character in the reason phrase");
  let codings = 0;
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index] ?? "";
    const value = headers[index + 1] ?? "";
    if (!isToken(name)) return fail("a header's name is not a token");
    if (!isFieldValue(value)) return fail(`a control character in the value of ${name.slice(0, 80)}`);
    if (name.toLowerCase() !== "transfer-encoding") continue;
    codings++;
    if (codings > 1 || value.toLowerCase() !== "chunked") return fail("a Transfer-Encoding other than chunked");
    if (version === "1.0") return fail("Transfer-Encoding in an HTTP/1.0 answer");
  }
  return ok(undefined);
}
