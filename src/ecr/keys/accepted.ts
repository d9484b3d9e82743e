import type { Keys } from './place.ts';

/** Of each identity, by region: the mark of the keys that ECR accepted there last. */
const marks = new WeakMap<object, Map<string, string>>();

/** Session keys are others each time, so the place that they came from stands for them. */
const markOf = ({ accessKeyId, sessionToken }: Keys, place: string): string => (sessionToken ? place : accessKeyId);

export function rememberAccepted(identity: object, region: string, keys: Keys, place: string): void {
  const known = marks.get(identity) ?? new Map<string, string>();
  marks.set(identity, known.set(region, markOf(keys, place)));
}

/** Another region in which ECR accepted these keys; undefined when none is known. */
export function acceptedElsewhere(identity: object, region: string, keys: Keys, place: string): string | undefined {
  const mark = markOf(keys, place);
  return [...(marks.get(identity) ?? [])].find(([other, accepted]) => other !== region && accepted === mark)?.[0];
}
