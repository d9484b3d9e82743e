import { fromBase64 } from '../../../contract/expiry.ts';

/** A value that a text stands for. */
interface Noted {
  readonly value: unknown;
}

/** A shell assignment of a map or a list. */
const assigned = /^(?:export\s+)?[A-Za-z_]\w*=(?<quote>['"]?)(?<value>[[{][^]*[\]}])\k<quote>$/;

/**
 * Parses a text in one of the notations in which programs write maps and lists: JSON, a dict of Python, lines of
 * `NAME=value`, or JSON in base64. undefined: it is none of these.
 */
export function valueIn(text: string): Noted | undefined {
  const plain = assigned.exec(text)?.groups?.['value'] ?? text;
  return json(plain) ?? json(pythonAsJson(plain)) ?? fromLines(plain) ?? fromEncoded(plain);
}

const literal = /^(?:[[{"]|(?:null|true|false|-?\d[\d.]*)$)/;

function json(text: string): Noted | undefined {
  try {
    return literal.test(text) ? { value: JSON.parse(text) as unknown } : undefined;
  } catch {
    return undefined;
  }
}

const dates = /datetime\.datetime\((?:[^()]|\([^()]*\))*\)/g;

/** Converts a dict to JSON, as Python's `print` and `str` write it. */
function pythonAsJson(text: string): string {
  if (!/^[[{]/.test(text)) return '';
  return text
    .replace(dates, date => `'${date.replaceAll(/['"]/g, '')}'`)
    .replaceAll(/\bb(?=')/g, '')
    .replaceAll("'", '"')
    .replaceAll(/(?<=[:[,{]\s*)(?:None|True|False)(?=\s*[,}\]])/g, word => ({ None: 'null', True: 'true', False: 'false' })[word] ?? word);
}

const line = /^(?:export\s+)?(?<name>[A-Za-z][\w-]*)(?:=|:\s+)(?<value>\S[^]*)$/;

/**
 * An assignment that is clearly a secret. Any other single line may be user and password, or a password that ends with
 * `=`.
 */
const ofPassword = /^(?:export\s+)?[A-Za-z]\w*(?:password|passwd|token|secret)=['"]?\S{20}/i;

/** Parses lines like those of a file of variables. */
function fromLines(text: string): Noted | undefined {
  const lines = text.split(/\r?\n/).filter(one => one.trim());
  const pairs = lines.map(one => line.exec(one.trim())?.groups);
  if ((lines.length < 2 && !ofPassword.test(text)) || !pairs.every(pair => pair !== undefined)) return undefined;
  return { value: Object.fromEntries(pairs.map(({ name = '', value = '' }) => [name, value.replace(/^(['"])(.*)\1$/, '$2')])) };
}

/** Parses JSON in base64, unless it is an ECR password, which has the same form. */
function fromEncoded(text: string): Noted | undefined {
  const decoded = /^[A-Za-z0-9+/\s]+={0,2}$/.test(text) ? fromBase64(text.replaceAll(/\s/g, ''))?.trim() : undefined;
  const noted = decoded !== undefined && /^[[{]/.test(decoded) ? json(decoded) : undefined;
  return noted && !('datakey' in (noted.value as object) || 'payload' in (noted.value as object)) ? noted : undefined;
}
