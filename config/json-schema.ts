import type { Adapter } from '../src/contract/adapter.ts';
import { type Field, hasFile, type Table, withFiles } from './field.ts';
import { type Format, formats } from './formats.ts';
import { alias, groups, receiver, source } from './schema.ts';
import { targetTable } from './target-options.ts';

/**
 * The JSON Schema of a configuration file, for editors: `# yaml-language-server: $schema=schema.json`. Ends with a line
 * break.
 */
export function renderJsonSchema(adapters: readonly Adapter[]): string {
  const list = (items: object): object => ({ type: 'array', items });
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'ecr-courier configuration',
    type: 'object',
    additionalProperties: false,
    properties: {
      sources: list(ofTable(source)),
      targets: list({ anyOf: adapters.map(ofTarget) }),
      aliases: list(ofTable(alias)),
      notify: list(ofTable(withFiles(receiver))),
      ...Object.fromEntries(Object.entries<Table>(groups).map(([name, table]) => [name, ofTable(withFiles(table))])),
    },
  };
  return `${print(schema)}\n`;
}

function ofTarget(adapter: Adapter): object {
  const { kind, ...rest } = targetTable(adapter);
  return ofTable(rest, adapter.doc, { kind: { description: kind?.doc, const: adapter.kind } });
}

function ofTable(table: Table, description?: string, more: object = {}): object {
  // An option that may be given as a file instead is not required.
  const required = [
    ...Object.keys(more),
    ...Object.keys(table).filter(key => table[key] && table[key].default === undefined && !hasFile(table[key])),
  ];
  const properties = { ...more, ...Object.fromEntries(Object.entries(table).map(([key, field]) => [key, ofField(field)])) };
  return { description, type: 'object', additionalProperties: false, ...(required.length > 0 ? { required } : {}), properties };
}

function ofField(field: Field): object {
  const { doc, default: fallback, format, items, blank } = field;
  const shape: { readonly type?: unknown } = items ? { type: 'array', items: ofTable(items) } : (formats[format] as Format).json(field);
  const least = blank ? leastOf[String(shape.type)] : {};
  return { description: doc, ...(fallback === null || fallback === undefined ? {} : { default: fallback }), ...shape, ...least };
}

/** The lower limits of a value that must not be empty, by its type. */
const leastOf: Readonly<Record<string, object>> = { string: { minLength: 1 }, array: { minItems: 1 } };

/** The width of a line of the formatter. */
const columns = 140;

/** Prints JSON as the formatter of this repository does: lists of plain values on one line, where they fit. */
export const print = (value: object): string =>
  JSON.stringify(value, null, 2).replaceAll(/^(.*)\[\s+([^[\]{}]+?)\s+\]/gm, (list: string, before: string, inner: string) => {
    const line = `${before}[${inner.replaceAll(/\s*\n\s*/g, ' ')}]`;
    return line.length < columns ? line : list;
  });
