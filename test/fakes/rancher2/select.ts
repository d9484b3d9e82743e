import { labelTerms } from '../labels.ts';
import { refuse } from './refusal.ts';
import type { SecretObject } from './state.ts';

/** `k=v,k!=v,k,!k,k in (a,b),k notin (a,b)` over the labels of an object. */
export function byLabels(selector: string): (object: { metadata: { labels?: Readonly<Record<string, string>> } }) => boolean {
  const checks = labelTerms(selector, term => refuse(400, 'BadRequest', `unable to parse requirement: ${term}`));
  return object => checks.every(check => check(object));
}

const fields: Readonly<Record<string, (secret: SecretObject) => string>> = {
  'metadata.name': ({ metadata }) => metadata.name,
  'metadata.namespace': ({ metadata }) => metadata.namespace,
  type: ({ type }) => type,
};

/**
 * `name=value,name!=value` over the fields by which Secrets can be selected. `only`: the one name that it asks for, by
 * which a right can be given.
 */
export function byFields(selector: string): { matches(secret: SecretObject): boolean; only: string | undefined } {
  const parts = selector
    .split(',')
    .filter(Boolean)
    .map(part => {
      const [name = '', sign = '', value = ''] = part.split(/(!=|==|=)/, 3);
      const read = Object.hasOwn(fields, name) ? fields[name] : undefined;
      if (!read || !sign) return refuse(400, 'BadRequest', `field label not supported: ${name}`);
      return { name, value, equal: sign !== '!=', read };
    });
  return {
    matches: secret => parts.every(({ read, value, equal }) => (read(secret) === value) === equal),
    only: parts.find(({ name, equal }) => name === 'metadata.name' && equal)?.value,
  };
}
