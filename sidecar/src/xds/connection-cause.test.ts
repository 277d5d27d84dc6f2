import { expect, test } from "vitest";
import { tlsCause } from "./connection-cause.js";

test.each([
  ["Error: certificate has expired", /^the control plane's certificate has expired .*: Error: certificate has expired$/],
  ["self-signed certificate in certificate chain", /^no authority in controlPlane\.tls\.ca/],
  ["unable to verify the first certificate", /^no authority in controlPlane\.tls\.ca/],
  [
    "Hostname/IP does not match certificate's altnames: Host: a. is not in the cert's altnames: DNS:b",
    /^the .* is for another name .*DNS:b$/,
  ],
  ["SSL routines:ssl3_get_record:wrong version number", /^the control plane does not speak TLS/],
  ["sslv3 alert bad certificate", /^the control plane refuses our certificate/],
  ["connect ECONNREFUSED 10.0.0.9:18000", /^connect ECONNREFUSED 10\.0\.0\.9:18000$/],
])("%s is said in words", (details, words) => {
  expect(tlsCause(details)).toMatch(words);
});
