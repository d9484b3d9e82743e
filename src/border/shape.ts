import { Failure } from '../contract/failures.ts';

type Members = Readonly<Record<string, unknown>>;
/** A validator: returns a valid value, throws a Nonsense for any other. `at`: the path of the value. */
export type Look<T> = (value: unknown, at: string) => T;

/** What is wrong with a value, as a clause. */
class Nonsense extends Error {}

/** Returns a function that validates what a method of this kind of adapter returned. It throws UNEXPECTED. */
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

/** A short description for people: the value may be anything. */
function shown(value: unknown): string {
  if (typeof value === 'string') return value.length > 40 ? `a text of ${value.length} characters` : JSON.stringify(value);
  if (value instanceof Date) return 'an invalid date';
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
/** Maps an unvalidated list. Unlike `map`, it visits the holes of a sparse list, as undefined. */
export const eachOf = <T>(list: readonly unknown[], look: (one: unknown, index: number) => T): T[] => Array.from(list, look);
