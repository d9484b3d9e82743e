const nanos: Readonly<Record<string, number>> = { ns: 1, us: 1e3, µs: 1e3, μs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3_600e9 };
/** The longest that Go can say, in nanoseconds: some 292 years. */
const most = 2 ** 63;

/**
 * A duration as Go writes it (`1h30m`, `-1.5s`, `0`), in milliseconds; undefined when Go refuses it, as it does `12`,
 * `1d` and what is too long.
 */
export function parseGoDuration(text: string): number | undefined {
  const [, sign = '', rest = ''] = /^([+-]?)(.+)$/s.exec(text) ?? [];
  if (rest === '0') return 0;
  if (!/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(rest)) return undefined;
  const parts = [...rest.matchAll(/(\d*\.?\d*)(ns|us|µs|μs|ms|s|m|h)/g)];
  const sum = parts.reduce((total, [, number = '', unit = '']) => total + Number(number) * (nanos[unit] ?? 0), 0);
  return sum >= most ? undefined : ((sign === '-' ? -1 : 1) * sum) / 1e6;
}
