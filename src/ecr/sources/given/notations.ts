import { fromBase64 } from '../../../contract/expiry.ts';

/** A value that a text stands for. */
export interface Noted {
  readonly value: unknown;
}

/** A map or a list, as a line of a shell. */
const assigned = /^(?:export\s+)?[A-Za-z_]\w*=(?<quote>['"]?)(?<value>[[{][^]*[\]}])\k<quote>$/;

/**
 * The value of a text in one of the notations in which programs write maps and lists: JSON, a map of Python, lines of
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

/** What `print` and `str` of Python make of a map. */
function pythonAsJson(text: string): string {
  if (!/^[[{]/.test(text)) return '';
  return text
    .replace(dates, date => `'${date.replaceAll(/['"]/g, '')}'`)
    .replaceAll(/\bb(?=')/g, '')
    .replaceAll("'", '"')
    .replaceAll(/(?<=[:[,{]\s*)(?:None|True|False)(?=\s*[,}\]])/g, word => ({ None: 'null', True: 'true', False: 'false' })[word] ?? word);
}

const line = /^(?:export\s+)?(?<name>[A-Za-z][\w-]*)(?:=|:\s+)(?<value>\S[^]*)$/;

/** A line alone may be user and password, or a password that ends with `=`. */
const ofPassword = /^(?:export\s+)?[A-Za-z]\w*(?:password|passwd|token|secret)=['"]?\S{20}/i;

/** As a file of variables has it. */
function fromLines(text: string): Noted | undefined {
  const lines = text.split(/\r?\n/).filter(one => one.trim());
  const pairs = lines.map(one => line.exec(one.trim())?.groups);
  if ((lines.length < 2 && !ofPassword.test(text)) || !pairs.every(pair => pair !== undefined)) return undefined;
  return { value: Object.fromEntries(pairs.map(({ name = '', value = '' }) => [name, value.replace(/^(['"])(.*)\1$/, '$2')])) };
}

/** A password of ECR is JSON in base64 as well. */
function fromEncoded(text: string): Noted | undefined {
  const decoded = /^[A-Za-z0-9+/\s]+={0,2}$/.test(text) ? fromBase64(text.replaceAll(/\s/g, ''))?.trim() : undefined;
  const noted = decoded !== undefined && /^[[{]/.test(decoded) ? json(decoded) : undefined;
  return noted && !('datakey' in (noted.value as object) || 'payload' in (noted.value as object)) ? noted : undefined;
}
