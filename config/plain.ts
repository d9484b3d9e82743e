import { Failure } from '../src/contract/failures.ts';
import { mergedTwice, type Placed, readTree } from './origin.ts';

/**
 * Parses YAML or JSON of other programs as Go's readers do. Throws MISCONFIGURED with the place of the first mistake,
 * and quotes nothing, as there may be secrets in the text.
 */
export function readYaml(text: string, path: string): unknown {
  const { root, slips } = readTree(text, path, 'go');
  // Go's readers are not strict here: the last entry counts.
  const slip = slips.find(({ code }) => code !== mergedTwice);
  if (slip)
    throw new Failure('MISCONFIGURED', `${slip.origin} ${slip.message}.`, { remedy: 'Correct the file. It is read again by itself.' });
  return plain(root);
}

function plain({ value }: Placed): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, one]) => [key, plain(one)]));
  return Array.isArray(value) ? value.map(plain) : value;
}
