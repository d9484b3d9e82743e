const nanos: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};
/** The longest duration of Go in nanoseconds, some 292 years. A negative one may be one longer. */
const most = 2n ** 63n - 1n;

/**
 * Parses a duration in Go's notation (`1h30m`, `-1.5s`, `0`) into milliseconds. undefined: Go refuses it, as it does
 * `12`, `1d` and a duration that is too long.
 */
export function parseGoDuration(text: string): number | undefined {
  const { sign, rest } = partsOf(text);
  if (rest === '0') return 0;
  if (!isDuration.test(rest)) return undefined;
  const parts = [...rest.matchAll(/(\d*)\.?(\d*)(ns|us|µs|μs|ms|s|m|h)/g)];
  const sum = parts.reduce((total, [, whole = '', fraction = '', unit = '']) => total + partOf(whole, fraction, nanos[unit] ?? 0n), 0n);
  if (sum > (sign === '-' ? most + 1n : most)) return undefined;
  return ((sign === '-' ? -1 : 1) * Number(sum)) / 1e6;
}

/** Whether Go refuses a duration for its length alone. */
export const isTooLong = (text: string): boolean => isDuration.test(partsOf(text).rest) && parseGoDuration(text) === undefined;

const isDuration = /^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/;

function partsOf(text: string): { readonly sign: string; readonly rest: string } {
  const [, sign = '', rest = ''] = /^([+-]?)(.+)$/s.exec(text) ?? [];
  return { sign, rest };
}

/** One part of a duration in whole nanoseconds, as Go counts. */
const partOf = (whole: string, fraction: string, unit: bigint): bigint =>
  BigInt(whole || '0') * unit + (BigInt(fraction || '0') * unit) / 10n ** BigInt(fraction.length);
