import { labelTerms } from '../labels.ts';
import { refuse } from './refusal.ts';
import type { SecretObject } from './state.ts';

/** Parses a label selector, `k=v,k!=v,k,!k,k in (a,b),k notin (a,b)`. Throws 400 for an invalid term. */
export function byLabels(selector: string): (object: { metadata: { labels?: Readonly<Record<string, string>> } }) => boolean {
  const checks = labelTerms(selector, message => refuse(400, 'BadRequest', message));
  return object => checks.every(check => check(object));
}

const fields: Readonly<Record<string, (secret: SecretObject) => string>> = {
  'metadata.name': ({ metadata }) => metadata.name,
  'metadata.namespace': ({ metadata }) => metadata.namespace,
  type: ({ type }) => type,
};

/**
 * Parses `name=value,name!=value` for the selectable fields of Secrets. `only` is the one name that it asks for, as
 * rights can be limited to names.
 */
export function byFields(selector: string): { matches(secret: SecretObject): boolean; only: string | undefined } {
  const parts = selector
    .split(',')
    .filter(Boolean)
    .map(part => {
      const [name = '', sign = '', value = ''] = part.split(/(!=|==|=)/, 3);
      const read = Object.hasOwn(fields, name) ? fields[name] : undefined;
      if (!sign) return refuse(400, 'BadRequest', `invalid selector: '${selector}'; can't understand '${part}'`);
      if (!read) return refuse(400, 'BadRequest', `field label not supported: ${name}`);
      return { name, value, equal: sign !== '!=', read };
    });
  return {
    matches: secret => parts.every(({ read, value, equal }) => (read(secret) === value) === equal),
    only: parts.find(({ name, equal }) => name === 'metadata.name' && equal)?.value,
  };
}
