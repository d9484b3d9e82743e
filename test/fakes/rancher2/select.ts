import { refuse } from './refusal.ts';
import type { SecretObject } from './state.ts';

/** `k=v,k!=v,k,!k,k in (a,b),k notin (a,b)` over the labels of an object. */
export function byLabels(selector: string): (object: { metadata: { labels?: Readonly<Record<string, string>> } }) => boolean {
  const parts = selector.split(/,(?![^(]*\))/).filter(Boolean);
  return ({ metadata: { labels = {} } }) => parts.every(part => meets(part.trim(), labels));
}

function meets(part: string, labels: Readonly<Record<string, string>>): boolean {
  const [, key = '', not, list] = /^(\S+)\s+(not)?in\s*\((.*)\)$/.exec(part) ?? [];
  if (list !== undefined) {
    const value = labels[key];
    const among = value !== undefined && list.split(',').some(item => item.trim() === value);
    return not ? !among : among;
  }
  const [name = '', sign, value] = part.split(/\s*(!=|==|=)\s*/, 3);
  if (sign) return (labels[name] === value) === (sign !== '!=');
  return part.startsWith('!') ? labels[part.slice(1)] === undefined : labels[part] !== undefined;
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
