import { readFileSync } from 'node:fs';

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly $defs?: Readonly<Record<string, Schema>>;
}

const root = JSON.parse(readFileSync(new URL('../../src/observe/status.schema.json', import.meta.url), 'utf8')) as Schema;

/**
 * Returns what is wrong with a status response, as `path: what`. A member that the schema does not describe is reported
 * here, although clients must tolerate it.
 */
export function statusFaults(value: unknown): string[] {
  return faults(value, root, '');
}

function faults(value: unknown, schema: Schema, path: string): string[] {
  if (schema.$ref !== undefined) {
    const target = root.$defs?.[schema.$ref.replace('#/$defs/', '')];
    return target ? faults(value, target, path) : [`${path}: no definition ${schema.$ref}`];
  }
  if (schema.anyOf) return schema.anyOf.some(one => faults(value, one, path).length === 0) ? [] : [`${path}: fits none of anyOf`];
  if ('const' in schema && value !== schema.const) return [`${path}: is not ${String(schema.const)}`];
  if (schema.enum && !schema.enum.includes(value)) return [`${path}: ${String(value)} is none of ${schema.enum.join(', ')}`];
  if (schema.type !== undefined && ![schema.type].flat().includes(typeOf(value, schema.type)))
    return [`${path}: is not of type ${[schema.type].flat().join()}`];
  if (typeof value === 'string' && schema.pattern !== undefined && !new RegExp(schema.pattern).test(value))
    return [`${path}: ${value} is not ${schema.pattern}`];
  if (schema.format === 'date-time' && !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(String(value))) return [`${path}: is not a time`];
  if (typeof value === 'number' && schema.minimum !== undefined && value < schema.minimum) return [`${path}: below ${schema.minimum}`];
  if (Array.isArray(value)) return value.flatMap((item, at) => (schema.items ? faults(item, schema.items, `${path}[${at}]`) : []));
  if (typeof value !== 'object' || value === null) return [];
  const missing = (schema.required ?? []).filter(name => !(name in value)).map(name => `${path}.${name}: is missing`);
  const members = Object.entries(value).flatMap(([name, member]) => {
    const described = schema.properties?.[name];
    return described ? faults(member, described, `${path}.${name}`) : [`${path}.${name}: is not described`];
  });
  return [...missing, ...members];
}

function typeOf(value: unknown, wanted: string | readonly string[]): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) && [wanted].flat().includes('integer') ? 'integer' : typeof value;
}
