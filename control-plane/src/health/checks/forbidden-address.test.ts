import { expect, test } from "vitest";
import { forbiddenBecause } from "./forbidden-address.js";

test.each(["0.0.0.0", "255.255.255.255", "169.254.169.254", "224.0.0.1", "fe80::1", "ff02::1", "::"])("%s is not checked", (ip) => {
  expect(forbiddenBecause(ip)).toContain(`not checked: ${ip} is`);
});

test.each(["10.0.0.1", "127.0.0.1", "192.168.1.1", "8.8.8.8", "::1", "2001:db8::1", "fd00::1"])("%s is", (ip) => {
  expect(forbiddenBecause(ip)).toBeUndefined();
});
