import { adapters } from '../adapters/index.ts';
import { type Field, type Table, withFiles } from '../config/field.ts';
import { type Format, formats } from '../config/formats.ts';
import { alias, groups, receiver, source } from '../config/schema.ts';
import { targetTable } from '../config/target-options.ts';
import type { Adapter } from '../src/contract/adapter.ts';

type Schema = Readonly<Record<string, unknown>>;
type Shape = {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly anyOf?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
};

const list = (items: Schema): Schema => ({ type: ['array', 'null'], items });

/**
 * The types that the courier accepts for an option. An empty value stands for the default, and every value may be
 * written as a string. The templates check strings, as they can explain a mistake in words.
 */
function ofField({ doc: description, format, items, ...facts }: Field): Schema {
  if (items) return { description, ...list(ofTable(items)) };
  const { type, anyOf, enum: words, minimum, maximum } = (formats[format] as Format).json(facts) as Shape;
  const range = minimum === undefined ? {} : { minimum, maximum };
  if (words) return { description, enum: [...words, '', null] };
  // A command is a string or a list, and headers are a map or a list of lines.
  const types = [...(anyOf || type === 'object' ? ['array'] : []), ...(type ? [type] : []), 'string', 'null'];
  const ofEntries = types.includes('array') ? { items: { type: 'string' } } : {};
  const ofMembers = type === 'object' ? { additionalProperties: { type: 'string' } } : {};
  return { description, type: [...new Set(types)], ...range, ...ofEntries, ...ofMembers };
}

function ofTable(table: Table, more: Readonly<Record<string, Schema>> = {}): Schema {
  const properties = { ...more, ...Object.fromEntries(Object.entries(table).map(([key, field]) => [key, ofField(field)])) };
  return { type: 'object', additionalProperties: false, properties };
}

function ofTarget(adapter: Adapter): Schema {
  const { kind: _, ...table } = targetTable(adapter);
  return ofTable(table, { kind: { const: adapter.kind } });
}

/** The options of a target of the kind `kubernetes`, which do not include `kind`. */
export function ownTarget(): Schema {
  const own = adapters.find(({ kind }) => kind === 'kubernetes');
  if (!own) throw new Error('there is no adapter of the kind kubernetes');
  const { kind: _, ...table } = targetTable(own);
  return ofTable(table);
}

/** The schema of a configuration. A mistake in a target is reported against its own kind. */
export function configValues(): Schema {
  const target: Schema = {
    type: 'object',
    required: ['kind'],
    properties: { kind: { description: 'What the target is.', enum: adapters.map(({ kind }) => kind) } },
    allOf: adapters.map(adapter => ({
      if: { required: ['kind'], properties: { kind: { const: adapter.kind } } },
      // oxlint-disable-next-line unicorn/no-thenable -- a word of JSON Schema
      then: ofTarget(adapter),
    })),
  };
  return {
    type: 'object',
    additionalProperties: false,
    properties: {
      sources: list(ofTable(source)),
      targets: list(target),
      aliases: list(ofTable(alias)),
      notify: list(ofTable(withFiles(receiver))),
      ...Object.fromEntries(
        Object.entries<Table>(groups).map(([name, table]) => [name, { ...ofTable(withFiles(table)), type: ['object', 'null'] }]),
      ),
    },
  };
}
