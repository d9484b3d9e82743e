import { Failure } from '../src/contract/failures.ts';
import { mergedTwice, type Placed, readTree } from './origin.ts';

/**
 * YAML or JSON that is not ours, as Go's readers take it. Throws MISCONFIGURED with the place of the first mistake, and
 * quotes nothing: there may be secrets in it.
 */
export function readYaml(text: string, path: string): unknown {
  const { root, slips } = readTree(text, path, 'go');
  // They are not strict: the last one counts.
  const slip = slips.find(({ code }) => code !== mergedTwice);
  if (slip)
    throw new Failure('MISCONFIGURED', `${slip.origin} ${slip.message}.`, { remedy: 'Correct the file. It is read again by itself.' });
  return plain(root);
}

function plain({ value }: Placed): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, one]) => [key, plain(one)]));
  return Array.isArray(value) ? value.map(plain) : value;
}
