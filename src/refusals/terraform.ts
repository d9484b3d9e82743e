import type { Part, PolicyDocument } from './documents.ts';
import type { Statement } from './statements.ts';

/** Which resource takes such a policy, and how. */
const uses: Readonly<Record<Part, string>> = {
  identity: 'policy of an aws_iam_policy, an aws_iam_role_policy or an aws_iam_user_policy',
  repository: 'policy of an aws_ecr_repository_policy',
  registry: 'policy of an aws_ecr_registry_policy',
  trust: 'assume_role_policy of the aws_iam_role',
  function: 'an aws_lambda_permission with the same principal and action, as Lambda takes no whole policy',
  endpoint: 'policy of the aws_vpc_endpoint for ecr.api, and of that for ecr.dkr',
};

/** Each policy as an `aws_iam_policy_document`, below a comment that says where it goes. job: for their names. */
export const terraformOf = (documents: readonly PolicyDocument[], job: string): string =>
  documents.map(document => dataOf(document, job.replace(/^ecr:/, ''))).join('\n');

function dataOf({ part, name, where, notes, statements }: PolicyDocument, job: string): string {
  const label = `ecr_${job}_${name}`.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_');
  const use = `Use: data.aws_iam_policy_document.${label}.json as ${uses[part]}.`;
  return [
    ...[where, ...notes, use].map(sentence => `# ${sentence}`),
    ...block(
      `data "aws_iam_policy_document" "${label}"`,
      statements.flatMap((statement, at) => [...(at > 0 ? [''] : []), ...statementOf(statement)]),
    ),
    '',
  ].join('\n');
}

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

/** In columns, as `terraform fmt` has them: a value of several lines ends a column. */
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

/** Terraform would take ${ and %{ for the begin of a template. */
const literal = (value: string): string => JSON.stringify(value).replaceAll(/[$%](?=\{)/g, '$&$&');
