import type { Keys } from './place.ts';

/** The mark of the keys that ECR accepted last, by identity and region. */
const marks = new WeakMap<object, Map<string, string>>();

/**
 * What identifies keys: the access key ID, or for session keys, which change each time, the place that they came from.
 */
const markOf = ({ accessKeyId, sessionToken }: Keys, place: string): string => (sessionToken ? place : accessKeyId);

export function rememberAccepted(identity: object, region: string, keys: Keys, place: string): void {
  const known = marks.get(identity) ?? new Map<string, string>();
  marks.set(identity, known.set(region, markOf(keys, place)));
}

/** Another region in which ECR accepted these keys. undefined: none is known. */
export function acceptedElsewhere(identity: object, region: string, keys: Keys, place: string): string | undefined {
  const mark = markOf(keys, place);
  return [...(marks.get(identity) ?? [])].find(([other, accepted]) => other !== region && accepted === mark)?.[0];
}
