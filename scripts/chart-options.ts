import { adapters } from '../adapters/index.ts';
import { variables as awsFiles, forms as awsForms } from '../config/aws.ts';
import { forms as cattleForms, maker } from '../config/cattle.ts';
import { ours, variables } from '../config/env.ts';
import { type Field, type Table, withFiles } from '../config/field.ts';
import { type Form, forms } from '../config/forms.ts';
import { alias, groups, receiver, receiverVariables, roles, source } from '../config/schema.ts';
import { targetTable, trigger } from '../config/target-options.ts';
import type { Adapter } from '../src/contract/adapter.ts';
import { type ReceiverFormat, receiverFormats } from '../src/contract/receiver.ts';
import { hostPatterns } from '../src/contract/registry.ts';

/** What the chart's templates check in one map of options. */
interface Section {
  /** The name of the form of each option that has one. */
  readonly forms: Readonly<Record<string, string>>;
  /** Options that must not be empty if they are present. */
  readonly said: readonly string[];
  /** Options that are required, directly or as a file, unless a variable may provide them. */
  readonly needed: readonly string[];
  /** The variable of each option that has one. */
  readonly env: Readonly<Record<string, string>>;
}
interface TargetSection extends Section {
  /** At least one of these sets must be complete. */
  readonly anyOf: readonly (readonly string[])[];
  /** Options that hold the address of the manager. */
  readonly addresses: readonly string[];
  /** The variable that creates a target. Empty where there is none. */
  readonly maker: string;
}

/** Names each form after its format, with the option where several forms have the same format. */
function named() {
  const known = new Map<string, Form>();
  return {
    known,
    nameOf(key: string, format: string, form: Form): string {
      const before = [...known].find(([, one]) => JSON.stringify(one) === JSON.stringify(form));
      const name = before?.[0] ?? [format, `${format} ${key}`].find(one => !known.has(one)) ?? `${format} ${known.size}`;
      known.set(name, form);
      return name;
    },
  };
}

/** Forms of receivers' addresses beyond those of their options; their rules check more. */
const receiverForms: Readonly<Partial<Record<ReceiverFormat, Form>>> = {
  teams: {
    pattern: '',
    not: String.raw`^(?i:https?://([^/?#]*[.@])?(webhook\.office\.com|outlook\.office(365)?\.com)(:[0-9]+)?([/?#]|$))`,
    words: 'the address of a workflow of Teams, as Microsoft has retired Office 365 connectors',
  },
  ntfy: {
    pattern: String.raw`^[^/]*//[^/?#]*/([^?#]*/)?[-_A-Za-z0-9]{1,64}/?([?#].*)?$`,
    words: 'an address that ends with a topic, as https://ntfy.sh/TOPIC',
  },
  gotify: {
    pattern: String.raw`^[^?#]*\?([^#]*&)?token=[^&#]`,
    words: 'an address that ends with the token of an application, as https://gotify.example.com/message?token=TOKEN',
  },
};

/** The forms of the proxy variables. The courier itself explains other mistakes in them. */
const proxyForms = Object.fromEntries(
  ['HTTPS_PROXY', 'HTTP_PROXY'].flatMap(name =>
    [name, name.toLowerCase()].map(spelling => [
      spelling,
      {
        pattern: '',
        not: String.raw`^\s*(?i:socks[0-9a-z]*|ftp|file)://`,
        words: 'the address of an HTTP proxy, such as http://proxy:3128',
      },
    ]),
  ),
);

const variablesOf = (table: Table): Section['env'] =>
  Object.fromEntries(Object.entries(table).flatMap(([key, { env }]) => (env === undefined ? [] : [[key, env]])));

/** The form of a file that holds a secret: a value without a slash is probably the secret itself. */
const keyFile: Form = { ...forms.path(), pattern: '/', words: 'the path of a file, and begin with /' };

function sections() {
  const { known, nameOf } = named();
  const formOf = (field: Field): Form | undefined => (field.holds === undefined ? forms[field.format](field) : keyFile);
  const section = (table: Table): Section => ({
    forms: Object.fromEntries(
      Object.entries(table).flatMap(([key, field]) => {
        const form = field.items ? undefined : formOf(field);
        return form ? [[key, nameOf(key, field.holds === undefined ? field.format : 'key file', form)]] : [];
      }),
    ),
    said: Object.keys(table).filter(key => table[key]?.blank),
    needed: Object.keys(table).filter(key => table[key] && table[key].default === undefined),
    env: variablesOf(table),
  });
  const target = (adapter: Adapter): TargetSection => {
    const { kind: _, ...table } = targetTable(adapter);
    const { env = '' } = trigger(adapter) ?? {};
    return {
      ...section(table),
      anyOf: adapter.anyOf ?? [],
      addresses: Object.keys(adapter.options).filter(key => ['url', 'address'].includes(adapter.options[key]?.format ?? '')),
      maker: env,
    };
  };
  const addresses = receiverFormats.map(receiverVariables);
  const byVariables = [...Object.values<Table>(groups).map(withFiles), ...addresses, source, ...adapters.map(targetTable)].flatMap(table =>
    Object.values(table).flatMap(field => (field.env === undefined ? [] : [[field.env, field] as const])),
  );
  const formsOf = (of: Readonly<Record<string, Form>>): Section['forms'] =>
    Object.fromEntries(Object.entries(of).map(([name, form]) => [name, nameOf(name, name, form)]));
  return {
    sources: section(source),
    roles: section(roles),
    aliases: section(alias),
    notify: section(withFiles(receiver)),
    receivers: receiverForms,
    addresses: Object.fromEntries(receiverFormats.map((format, at) => [format, variablesOf(addresses[at] ?? {})])),
    groups: Object.fromEntries(Object.entries<Table>(groups).map(([name, table]) => [name, section(withFiles(table))])),
    targets: Object.fromEntries(adapters.map(adapter => [adapter.kind, target(adapter)])),
    variables: {
      ...section(Object.fromEntries(byVariables)).forms,
      ...formsOf({ ...awsForms, ...Object.fromEntries(awsFiles.map(({ name }) => [name, keyFile])), ...proxyForms }),
    },
    cattle: { maker, forms: formsOf(cattleForms) },
    names: variables(adapters)
      .map(({ name }) => name)
      .filter(name => name.startsWith(ours)),
    forms: Object.fromEntries(known),
  };
}

/** The options of the configuration as JSON, which the chart's templates read. */
export function chartOptions(): string {
  const { forms, ...rest } = sections();
  return `${JSON.stringify({ hosts: hostPatterns.host, forms, ...rest }, null, 1)}\n`;
}
