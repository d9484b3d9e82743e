import { decodeGo } from '../go-json.ts';
import type { Seen } from '../server.ts';
import { refuse, refuseField } from './refusal.ts';
import type { Type, Values } from './state.ts';

/** A writable field. Fields that are not listed, or not for the operation, are silently dropped. */
interface Field {
  readonly update?: false;
  readonly required?: true;
  readonly minLength?: number;
  readonly maxLength?: number;
}
const named: Readonly<Record<string, Field>> = { name: { maxLength: 255 }, description: { maxLength: 1024 } };
const tables: Readonly<Record<Type, Readonly<Record<string, Field>>>> = {
  registry: { ...named, serverAddress: { update: false, required: true, minLength: 1 } },
  registryCredential: {
    ...named,
    publicValue: { maxLength: 4096 },
    registryId: { update: false, required: true, maxLength: 255 },
    secretValue: { maxLength: 4096 },
  },
};

function fieldsOf(type: Type, version: string): [string, Field][] {
  const email: Record<string, Field> = type === 'registryCredential' && version === 'v1' ? { email: { required: true, minLength: 1 } } : {};
  return Object.entries({ ...tables[type], ...email }).sort(([a], [b]) => (a < b ? -1 : 1));
}

/**
 * Reads a JSON or form body, merged over the query. A body that is neither map nor list counts as an empty map, and
 * text behind the first value is ignored.
 */
export function readBody({ headers, body }: Seen, query: URLSearchParams): Readonly<Record<string, unknown>> {
  // Jackson skips a byte order mark.
  const text = body.toString().replace(/^\uFEFF/, '');
  if (/x-www-form-urlencoded/.test(headers['content-type'] ?? '')) return { ...fieldsIn(query), ...fieldsIn(new URLSearchParams(text)) };
  if (body.length === 0) return fieldsIn(query);
  const decoded = decodeGo(text);
  if (!('value' in decoded)) return refuse(400, 'InvalidBodyContent');
  const { value } = decoded;
  // Beside a list the query does not count (1.6, BodyParserRequestHandler.java).
  if (Array.isArray(value)) return {};
  return { ...fieldsIn(query), ...(typeof value === 'object' && (value as Record<string, unknown> | null)) };
}

/** Parses the query. A name that occurs once has a text, a repeated one a list. */
function fieldsIn(query: URLSearchParams): Record<string, unknown> {
  return Object.fromEntries(
    [...new Set(query.keys())].map(name => [name, query.getAll(name).length === 1 ? query.get(name) : query.getAll(name)]),
  );
}

/**
 * Returns the accepted values of a body, as they are stored. Checks the given values first, then the missing ones.
 * `registryOf` resolves the id of a registry.
 */
export function accepted(
  type: Type,
  version: string,
  operation: 'create' | 'update',
  body: Readonly<Record<string, unknown>>,
  registryOf: (id: string) => string | undefined,
): Values {
  const fields = fieldsOf(type, version).filter(([, { update }]) => operation === 'create' || update !== false);
  const values: Values = {};
  for (const [name, field] of fields) {
    if (!Object.hasOwn(body, name)) continue;
    const value = checked(name, field, body[name]);
    values[name] = name === 'registryId' ? (registryOf(value ?? '') ?? refuseField('InvalidReference', name)) : value;
  }
  for (const [name, { required }] of fields)
    if (operation === 'create' && required && !Object.hasOwn(values, name)) refuseField('MissingRequired', name);
  return values;
}

function checked(name: string, { required, minLength = 0, maxLength = Number.POSITIVE_INFINITY }: Field, value: unknown): string | null {
  if (value === null) return required ? refuseField('NotNullable', name) : null;
  const text = asText(value);
  if (text.length < minLength) refuseField('MinLengthExceeded', name);
  if (text.length > maxLength) refuseField('MaxLengthExceeded', name);
  return text;
}

/** Converts a value to text, like Java's toString of maps and lists. */
function asText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(asText).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  return `{${Object.entries(value)
    .map(([key, member]) => `${key}=${asText(member)}`)
    .join(', ')}}`;
}
