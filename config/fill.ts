import convict from 'convict';
import type { Table } from './field.ts';
import { type Facts, type Format, formats } from './formats.ts';
import { wrapped } from './texts.ts';

/**
 * The name of a format for convict, which keeps one list for the whole process. A prefix leaves its built-in formats as
 * they are for other code.
 */
const formatName = (name: string): string => `ecr-courier ${name}`;

/**
 * These formats are strict: convict's own take any text but `false` for true, and `12abc` for 12. A broken rule goes to
 * the schema's `report` and is not thrown, as convict would join all errors into one text that quotes values.
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
        // Without a `coerce` of ours, convict would choose one by the type of the default.
        coerce: coerce ?? ((text: string): string => text),
      },
    ]),
  ),
);

/**
 * Reads one map of known options with plain values: converts texts, fills in defaults (null where there is none), and
 * reports every broken rule. convict gets neither variables nor arguments, as it would let them reach into every map of
 * the same table.
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
