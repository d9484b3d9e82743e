import type { Part, PolicyDocument } from './documents.ts';
import type { Permission, Statement } from './statements.ts';
import { oneOfEach } from './whereabouts.ts';

/** The argument of the Terraform resource that takes a policy of each kind. */
const uses: Readonly<Record<Exclude<Part, 'function'>, string>> = {
  identity: 'policy of an aws_iam_policy, an aws_iam_role_policy or an aws_iam_user_policy',
  repository: 'policy of an aws_ecr_repository_policy',
  registry: 'policy of an aws_ecr_registry_policy',
  trust: 'assume_role_policy of the aws_iam_role',
  endpoint: 'policy of the aws_vpc_endpoint for ecr.api, and of that for ecr.dkr',
};

/**
 * Each policy as an `aws_iam_policy_document`, or as `aws_lambda_permission`s for a function, below a comment that says
 * where it goes. job: a part of their names.
 */
export const terraformOf = (documents: readonly PolicyDocument[], job: string): string =>
  documents
    .map(document => {
      const label = `ecr_${job.replace(/^ecr:/, '')}_${document.name}`.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_');
      return document.part === 'function' ? permissionsOf(document, label) : dataOf({ ...document, part: document.part }, label);
    })
    .join('\n');

const comments = (sentences: readonly string[]): string[] => sentences.map(sentence => `# ${sentence}`);

function dataOf({ part, where, notes, statements }: PolicyDocument & { readonly part: Exclude<Part, 'function'> }, label: string): string {
  return [
    ...comments([where, ...notes, `Use: data.aws_iam_policy_document.${label}.json as ${uses[part]}.`]),
    ...block(
      `data "aws_iam_policy_document" "${label}"`,
      statements.flatMap((statement, at) => [...(at > 0 ? [''] : []), ...statementOf(statement)]),
    ),
    '',
  ].join('\n');
}

/** The permissions of a function, as Lambda accepts no whole policy. */
function permissionsOf({ where, notes, permissions = [] }: PolicyDocument, label: string): string {
  const blocks = permissions.flatMap((permission, at) => [
    ...(at > 0 ? [''] : []),
    ...block(
      `resource "aws_lambda_permission" "${oneOfEach(label, at, permissions.length).replace('-', '_')}"`,
      permissionLines(permission),
    ),
  ]);
  return [...comments([where, ...notes]), ...blocks, ''].join('\n');
}

const permissionLines = ({ id, name, qualifier, principal }: Permission): string[] =>
  attributes({
    statement_id: text(id),
    action: text('lambda:InvokeFunction'),
    function_name: text(name),
    ...(qualifier !== undefined && { qualifier: text(qualifier) }),
    principal: text(principal),
  });

function statementOf({ Sid, Effect, Principal, Action, Resource, Condition = {} }: Statement): string[] {
  return block('statement', [
    ...attributes({
      sid: text(Sid),
      effect: text(Effect),
      actions: list(Action),
      ...(Resource !== undefined && { resources: list(Resource) }),
    }),
    ...Object.entries(kindsOf(Principal)).flatMap(([type, identifiers]) => [
      '',
      ...block('principals', attributes({ type: text(type), identifiers: list(identifiers) })),
    ]),
    ...Object.entries(Condition).flatMap(([test, variables]) =>
      Object.entries(variables).flatMap(([variable, values]) => [
        '',
        ...block('condition', attributes({ test: text(test), variable: text(variable), values: list(values) })),
      ]),
    ),
  ]);
}

function kindsOf(principal: Statement['Principal']): Readonly<Record<string, string | readonly string[]>> {
  if (principal === undefined) return {};
  return principal === '*' ? { '*': '*' } : { ...principal };
}

const block = (head: string, lines: readonly string[]): string[] => [`${head} {`, ...lines.map(line => line && `  ${line}`), '}'];

/** The attributes in aligned columns, as `terraform fmt` formats them: a value of several lines ends a column. */
function attributes(values: Readonly<Record<string, readonly string[]>>): string[] {
  const groups = Object.entries(values).reduce<[string, readonly string[]][][]>((done, entry) => {
    const last = done.at(-1);
    if (last && entry[1].length === 1 && last.every(([, lines]) => lines.length === 1)) last.push(entry);
    else done.push([entry]);
    return done;
  }, []);
  return groups.flatMap(group => {
    const width = Math.max(...group.map(([name]) => name.length));
    return group.flatMap(([name, [first = '', ...more]]) => [`${name.padEnd(width)} = ${first}`, ...more]);
  });
}

function list(values: string | readonly string[]): string[] {
  const all = [values].flat().map(value => literal(value));
  return all.length === 1 ? [`[${all[0]}]`] : ['[', ...all.map(value => `  ${value},`), ']'];
}

const text = (value: string): string[] => [literal(value)];

/** A string literal. Doubles the `$` and `%` of `${` and `%{`, which would begin a template. */
const literal = (value: string): string => JSON.stringify(value).replaceAll(/[$%](?=\{)/g, '$&$&');
