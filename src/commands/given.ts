import { UsageError } from './io.ts';

/** Splits the values of a repeatable option at commas. */
export function listed(given: readonly string[] | undefined, pattern = /./, otherwise = ''): string[] {
  const texts = (given ?? []).flatMap(text => text.split(',')).map(text => text.trim());
  for (const text of texts) if (!pattern.test(text)) throw new UsageError(`${JSON.stringify(text)} is ${otherwise || 'empty'}`);
  return texts;
}

export function oneOf<T extends string>(text: string, allowed: readonly T[], what: string): T {
  const found = allowed.find(one => one === text);
  if (found === undefined) throw new UsageError(`${text} is not a ${what}: ${allowed.join(', ')}`);
  return found;
}
