import { Failure } from '../contract/failures.ts';

export type Members = Readonly<Record<string, unknown>>;
/** Takes what it should be, throws a Nonsense about anything else. `at`: where it stands. */
export type Look<T> = (value: unknown, at: string) => T;

/** What is wrong, as the rest of a sentence. */
class Nonsense extends Error {}

/** Looks at what a method of this kind of adapter returned. Throws UNEXPECTED. */
export function lookFor(kind: string) {
  return <T>(method: string, value: unknown, look: Look<T>): T => {
    try {
      return look(value, method);
    } catch (error) {
      if (!(error instanceof Nonsense)) throw error;
      throw new Failure('UNEXPECTED', `The adapter ${kind} returned something that it may not: ${error.message}.`, {
        remedy: 'Report this to those who wrote the adapter; docs/adapters.md says what it may return.',
        cause: error,
      });
    }
  };
}

export function refuse(at: string, rule: string, value: unknown): never {
  throw new Nonsense(`${at} must be ${rule}, and is ${shown(value)}`);
}

export function demand(fine: boolean, at: string, rule: string, value: unknown): void {
  if (!fine) refuse(at, rule, value);
}

/** For people, and short: it may be anything. */
function shown(value: unknown): string {
  if (typeof value === 'string') return value.length > 40 ? `a text of ${value.length} characters` : JSON.stringify(value);
  if (value instanceof Date) return 'a date that is none';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' && value !== null ? 'an object' : typeof value === 'function' ? 'a function' : String(value);
}

export const isMap = (value: unknown): value is Members => typeof value === 'object' && value !== null;
export const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
export const isDate = (value: unknown): boolean => value instanceof Date && Number.isFinite(value.getTime());
export const missing = (value: unknown): boolean => value === undefined;

export function demandMap(value: unknown, at: string): asserts value is Members {
  demand(isMap(value), at, 'an object', value);
}
export function demandList(value: unknown, at: string): asserts value is readonly unknown[] {
  demand(Array.isArray(value), at, 'a list', value);
}
/** `map` for what is not known to be whole: it shows the holes of a list as undefined, where `map` passes them over. */
export const eachOf = <T>(list: readonly unknown[], look: (one: unknown, index: number) => T): T[] => Array.from(list, look);
