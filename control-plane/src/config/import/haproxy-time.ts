const UNITS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** HAProxy's times: a number with us, ms, s, m, h or d; without a unit milliseconds. Rounded up to whole milliseconds. */
export function haproxyMs(text: string): number | undefined {
  const match = /^(\d{1,12})(us|ms|s|m|h|d)?$/.exec(text);
  return match === null ? undefined : Math.ceil(Number(match[1]) * (UNITS[match[2] ?? "ms"] ?? 1));
}
