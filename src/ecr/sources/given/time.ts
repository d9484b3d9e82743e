const second = 1000;
const minute = 60 * second;

/**
 * Parses a time as functions, scripts and tools write it: seconds, milliseconds or finer units since the epoch, as a
 * number or as text; ISO 8601; the text of Python's and JavaScript's dates; the date of HTTP. A time without a zone is
 * UTC, the zone of functions. undefined: it is not a time.
 */
export function timeIn(said: unknown): Date | undefined {
  if (typeof said === 'number') return fromNumber(said);
  if (typeof said !== 'string') return undefined;
  const text = said.trim();
  if (/^\d{9,20}(\.\d+)?$/.test(text)) return fromNumber(Number(text));
  return fromPython(text) ?? fromText(text);
}

/** Matches `PT11H30M`, `11h30m`, `3600s`, `12 hours`. */
const span =
  /^P?T?(?=[\d.])(?:(?<hours>\d+(?:\.\d+)?)\s*h(?:ours?)?\s*)?(?:(?<minutes>\d+(?:\.\d+)?)\s*m(?:in(?:utes?)?)?\s*)?(?:(?<seconds>\d+(?:\.\d+)?)\s*(?:s(?:ec(?:onds?)?)?)?)?$/i;

/**
 * Parses a duration into milliseconds: seconds, or a span as Go, ISO 8601 and people write it. undefined: it is not a
 * span.
 */
export function spanIn(said: unknown): number | undefined {
  const found = span.exec(String(said).trim())?.groups;
  const part = (name: string): number => Number(found?.[name] ?? 0);
  const ms = part('hours') * 60 * minute + part('minutes') * minute + part('seconds') * second;
  return ms > 0 ? ms : undefined;
}

/**
 * Converts a number; its length tells the unit. Seconds of the present have ten digits before the point, and each finer
 * unit three more.
 */
function fromNumber(value: number): Date | undefined {
  if (!(value > 0)) return undefined;
  const digits = Math.trunc(value).toString().length;
  const perMs = digits > 17 ? 1e6 : digits > 14 ? 1e3 : digits > 11 ? 1 : 1 / second;
  return dated(value / perMs);
}

/** Parses Python's own notation: `datetime.datetime(2026, 11, 30, 10, 30, tzinfo=tzlocal())`. */
function fromPython(text: string): Date | undefined {
  const inside = /^datetime\.datetime\(([\d, ]+)/.exec(text)?.[1];
  const [year, month, ...rest] = (inside ?? '')
    .split(',')
    .filter(part => part.trim())
    .map(Number);
  if (year === undefined || month === undefined) return undefined;
  const [day = 1, hours = 0, minutes = 0, seconds = 0] = rest;
  return dated(Date.UTC(year, month - 1, day, hours, minutes, seconds));
}

/** A moment and its zone. A text in brackets names the zone once more. */
const parts = /^(?<moment>.*?)\s*(?<zone>Z|(?:GMT|UTC)?(?<sign>[+-])(?<hours>\d\d):?(?<minutes>\d\d)(?:\s*UTC)?|GMT|UTC)?(?:\s*\(.*\))?$/i;

function fromText(text: string): Date | undefined {
  const { moment = '', sign, hours, minutes } = parts.exec(text)?.groups ?? {};
  // A date without a time of day, or a number alone, is no end.
  if (!/\d{4}/.test(moment) || !/\d[:T]\d/.test(moment)) return undefined;
  const iso = moment
    .replace(/(\.\d{3})\d+/, '$1')
    .replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)/, '$1-$2-$3T$4:$5:$6')
    .replace(/^(\d{4}-\d\d-\d\d)\s+/, '$1T');
  const asUtc = Date.parse(iso + (/^\d{4}-/.test(iso) ? 'Z' : ' GMT'));
  const offset = sign ? Number(`${sign}1`) * (Number(hours) * 60 + Number(minutes)) * minute : 0;
  return dated(asUtc - offset);
}

const dated = (ms: number): Date | undefined => (Number.isFinite(ms) && Number.isFinite(new Date(ms).getTime()) ? new Date(ms) : undefined);
