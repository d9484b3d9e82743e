import convict from 'convict';
import type { Table } from './field.ts';
import { type Facts, type Format, formats } from './formats.ts';
import { wrapped } from './texts.ts';

/**
 * convict keeps one list of formats for the whole process: names of our own leave its built-in ones as they are for
 * everybody else.
 */
const formatName = (name: string): string => `ecr-courier ${name}`;

/**
 * convict's own formats take any text but `false` for true, and `12abc` for 12; ours read strictly. A rule that is
 * broken goes to the schema's `report` and not into an exception: convict would join all of them into one text that
 * quotes values.
 */
convict.addFormats(
  Object.fromEntries(
    Object.entries<Format>(formats).map(([name, { coerce, rule }]) => [
      formatName(name),
      {
        validate(value: unknown, field: convict.SchemaObj) {
          const broken = rule(value, field as Facts);
          if (broken) field['report'](typeof value === 'string' ? (wrapped(value) ?? broken) : broken);
        },
        // Without a reader of ours convict would choose one by the type of the default.
        coerce: coerce ?? ((text: string): string => text),
      },
    ]),
  ),
);

/**
 * One map of known options with plain values: reads texts, fills in defaults (null where there is none), reports every
 * rule that is broken.
 * convict sees neither variables nor arguments: it would let them reach into every map of the same table.
 */
export function fill(
  table: Table,
  given: Readonly<Record<string, unknown>>,
  report: (key: string, rule: string) => void,
): Record<string, unknown> {
  const schema = Object.entries(table).map(([key, { format, ...field }]) => [
    key,
    {
      ...field,
      env: undefined,
      format: formatName(format),
      default: field.default ?? null,
      nullable: true,
      report: (rule: string) => report(key, rule),
    },
  ]);
  const instance = convict<Record<string, unknown>>(Object.fromEntries(schema), { env: {}, args: [] });
  return instance.load(given).validate({ allowed: 'strict' }).getProperties();
}
