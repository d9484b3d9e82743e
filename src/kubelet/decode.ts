import { type Entries, type Placed, readTree } from '../../config/origin.ts';
import { configFields } from './fields.ts';
import type { Remark } from './remark.ts';
import { decodingErrors, entriesOf, listOf, wordOf, wrongKind } from './shape.ts';

/** One file as the kubelet decodes it. It has no providers if the kubelet cannot decode it. */
export interface Decoded {
  readonly file: string;
  readonly providers: readonly Placed[];
  readonly remarks: readonly Remark[];
}

/**
 * Decodes a text like the kubelet's strict decoder: as JSON where it begins with a brace, else the first document as
 * YAML 1.1. The kubelet drops a second document without a word.
 */
export function decode(text: string, file: string, minor: number): Decoded {
  const isJson = looksLikeJson(text);
  const { root, slips } = readTree(text, file, isJson ? 'go-json' : 'go');
  const about = (level: Remark['level'], where: string, saying: string): Remark => ({ level, where, path: '', text: saying });
  const refuse = (...remarks: Remark[]): Decoded => ({ file, providers: [], remarks });
  if (text.trim() === '') return refuse(about('stops', file, 'is empty: an empty file stops the kubelet'));
  const noJson = isJson ? jsonMistake(text) : undefined;
  if (noJson) return refuse(about('stops', file, `begins with a brace, so the kubelet reads it as JSON: ${noJson}`));
  const lost = slips
    .filter(({ code, origin }) => code === 'MULTIPLE_DOCS' && !isBlankFrom(text, origin))
    .map(slip => about('never', slip.origin, secondDocument));
  const broken = slips.filter(({ code }) => code !== 'MULTIPLE_DOCS').map(slip => about('stops', slip.origin, slip.message));
  const read = root.value instanceof Map ? inRoot(root.value, file, minor) : noMap(root);
  const providers = [...broken, ...read].some(({ level }) => level === 'stops') ? [] : listOf(entriesOf(root).get('providers'));
  return { file, providers, remarks: [...broken, ...lost, ...read] };
}

const secondDocument = 'a second YAML document begins here: the kubelet reads the first of a file, and says nothing of the others';

/** Whether only document marks and comments follow, as tools end a file. */
function isBlankFrom(text: string, origin: string): boolean {
  const line = Number(/:(\d+):\d+$/.exec(origin)?.[1] ?? Number.NaN);
  const rest = text.split('\n').slice(line - 1);
  return rest.every(one => /^(?:---|\.\.\.)?(?:\s*#.*)?$/.test(one.trimEnd()));
}

const noMap = ({ origin }: Placed): Remark[] => [
  { level: 'stops', where: origin.text, path: '', text: 'the first document holds no map, and the kubelet finds no kind in it' },
];

function inRoot(root: Entries, file: string, minor: number): Remark[] {
  const kind = wrongKind(root, minor);
  if (kind) return [{ level: 'stops', where: root.get('kind')?.origin.text ?? file, path: '', text: kind }];
  const version = wordOf(root.get('apiVersion')).split('/')[1] ?? '';
  return decodingErrors(root, configFields, { file, version, minor });
}

/** Whether the kubelet takes a text for JSON: Go's white space, then a brace. */
export const looksLikeJson = (text: string): boolean => /^(?:(?!\uFEFF)[\s\u0085])*\{/.test(text);

function jsonMistake(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    // V8's message quotes the text, which may be a secret in `env`.
    const place = / at position (\d+)/.exec((error as Error).message)?.[1];
    const line = place === undefined ? undefined : text.slice(0, Number(place)).split('\n').length;
    return line === undefined ? 'it ends in the middle, or is not JSON' : `line ${line} is not JSON`;
  }
}
