import { jsonMapIn, mapOf } from '../contract/shapes.ts';
import type { Moment } from '../courier/ledger.ts';
import type { Book, Told } from './book.ts';

/** Wall time and the engine's time line, to convert between them. */
interface Times {
  wall(): number;
  now(): Moment;
}

interface Kept {
  readonly at: number;
  readonly times: number;
  readonly bearers: readonly string[];
  readonly overAt?: number;
}

/** The maximum number of stored bearers of one threat. An omitted bearer is at worst reported again after a restart. */
const mostBearers = 10_000;

/** Serializes what each receiver was told, by name, for the next process. */
export function written(books: ReadonlyMap<string, Book>, { wall, now }: Times): string {
  const apart = wall() - now();
  const kept = ({ at, times, bearers, overAt }: Told): Kept => ({
    at: at + apart,
    times,
    bearers: [...bearers].slice(0, mostBearers),
    ...(overAt !== undefined && { overAt: overAt + apart }),
  });
  const plain = [...books].map(([name, book]) => [
    name,
    Object.fromEntries(
      [...book].map(([subject, told]) => [subject, Object.fromEntries([...told].map(([topic, one]) => [topic, kept(one)]))]),
    ),
  ]);
  return JSON.stringify(Object.fromEntries(plain));
}

/** Parses such a text as far as it is valid. A time in the future counts as the present. */
export function recalled(text: string | undefined, { wall, now }: Times): Map<string, Book> {
  const apart = wall() - now();
  const told = ({ at, times, bearers, overAt }: Kept): Told => ({
    at: Math.min(at - apart, now()),
    times,
    bearers: new Set(bearers),
    ...(overAt !== undefined && { overAt: Math.min(overAt - apart, now()) }),
  });
  const topics = (value: unknown): Map<string, Told> =>
    new Map(Object.entries(mapOf(value)).flatMap(([topic, one]) => (isKept(one) ? [[topic, told(one)] as const] : [])));
  const book = (value: unknown): Book => new Map(Object.entries(mapOf(value)).map(([subject, one]) => [subject, topics(one)]));
  return new Map(Object.entries(jsonMapIn(text ?? '')).map(([name, value]) => [name, book(value)]));
}

function isKept(value: unknown): value is Kept {
  const { at, times, bearers, overAt } = mapOf(value) as { readonly [K in keyof Kept]?: unknown };
  return (
    [at, times, overAt ?? 0].every(number => Number.isFinite(number)) &&
    (times as number) >= 1 &&
    Array.isArray(bearers) &&
    bearers.every(bearer => typeof bearer === 'string')
  );
}
