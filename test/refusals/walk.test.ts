import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Diagnosis } from '../../src/refusals/diagnosis.ts';
import type { Part } from '../../src/refusals/documents.ts';
import { situations } from '../../src/refusals/situations.ts';
import { type Rights, rights, rightsFor, type Statement } from '../../src/refusals/statements.ts';
import { why } from '../../src/refusals/why.ts';
import { command } from '../commands/cli.ts';
import { assertStatement, authorization } from './grammar.ts';

const repository = 'arn:aws:ecr:eu-west-1:123456789012:repository/team/app';
const role = 'arn:aws:iam::123456789012:role/ecr-pull';
const lambda = 'arn:aws:lambda:eu-west-1:123456789012:function:ecr-token';
const resourceOf = (action: string): string =>
  authorization.get(action)?.resource.test('*')
    ? '*'
    : (({ sts: role, lambda } as Record<string, string>)[action.split(':')[0] ?? ''] ?? repository);

const owners = { same: '123456789012', other: '210987654321' } as const;
const principals = (account: string): readonly string[] => [
  `arn:aws:iam::${account}:user/ci/bot`,
  `arn:aws:iam::${account}:role/ci/puller`,
  `arn:aws:sts::${account}:assumed-role/puller/i-0123`,
];

/**
 * The ends of IAM's messages, by the policy that lacks the permission (IAM user guide, "Troubleshoot access denied
 * error messages").
 */
const gates: Readonly<Record<string, string>> = {
  none: '',
  identity: 'because no identity-based policy allows the ACTION action',
  resource: 'because no resource-based policy allows the ACTION action',
  boundary: 'because no permissions boundary allows the ACTION action',
  session: 'because no session policy allows the ACTION action',
  scp: 'because no service control policy allows the ACTION action',
  endpoint: 'because no VPC endpoint policy allows the ACTION action',
};
/** Denials that no Allow overrides; a resource control policy accepts no Allow of its own. */
const denials: readonly string[] = [
  'because no resource control policy allows it',
  'with an explicit deny',
  'with an explicit deny in an identity-based policy',
  'with an explicit deny in a resource-based policy',
  'with an explicit deny in a permissions boundary',
  'with an explicit deny in a session policy',
  'with an explicit deny in a service control policy',
  'with an explicit deny in a resource control policy',
  'with an explicit deny in a VPC endpoint policy',
];

const sentence = (principal: string, action: string, tail: string): string =>
  `User: ${principal} is not authorized to perform: ${action} on resource: ${resourceOf(action)}${tail && ` ${tail.replace('ACTION', action)}`}`;

const pasted = ({ paste = [] }: Diagnosis): readonly Statement[] =>
  paste.filter(({ kind }) => kind === 'policy').map(({ text }) => JSON.parse(text) as Statement);

/** Tells the kind of policy by the members of its statement. */
function partOf({ Principal, Resource, Action }: Statement): Part {
  if (Principal === undefined) return 'identity';
  if (Principal === '*') return 'endpoint';
  if ([Action].flat().some(action => action.startsWith('sts:'))) return 'trust';
  if (Action === 'lambda:InvokeFunction') return 'function';
  return Resource === undefined ? 'repository' : 'registry';
}

const known = new Map<string, Promise<readonly Statement[]>>();

/** Returns the statements that `policy` prints for an action, a principal and a kind of policy. */
function printed(action: string, principal: string, part: Part): Promise<readonly Statement[]> {
  const key = [action, part, ...(part === 'identity' || part === 'endpoint' ? [] : [principal])].join(' ');
  const statements = known.get(key) ?? print(action, principal, part);
  known.set(key, statements);
  return statements;
}

async function print(action: string, principal: string, part: Part): Promise<readonly Statement[]> {
  const resource = resourceOf(action);
  const args = [action, ...(resource === '*' ? [] : [resource]), '--for', principal, '--part', part];
  // The text does not say which external id the role requires, if any.
  const id = action === 'sts:AssumeRole' && part === 'trust' ? ['--external-id', 'EXTERNAL-ID'] : [];
  const { code, stdout, stderr } = await command(['policy', ...args, ...id]);
  assert.equal(code, 0, stderr);
  return (JSON.parse(stdout) as { readonly Statement: readonly Statement[] }).Statement;
}

/** Asserts that the statement allows only the refused action and the others of the same job. */
function assertLeast(statement: Statement, action: string): void {
  const allowed = [statement.Action].flat();
  assert.ok(allowed.includes(action), `${allowed.join()} allows ${action}`);
  assert.deepEqual(allowed, rightsFor(action).actions);
  if (statement.Resource !== undefined) assert.equal(statement.Resource, resourceOf(action));
}

for (const [gate, tail] of Object.entries(gates))
  test(`every refusal by ${gate === 'none' ? 'a policy that is not named' : `the ${gate} policy`} leads to the statement that policy prints`, async () => {
    for (const [action, { in: parts }] of authorization) {
      // An action that no resource can grant is never refused by a resource, and a web identity can be refused by the
      // role only.
      if ((gate === 'resource' && parts.length === 1) || !parts.includes('identity')) continue;
      // Lambda takes a command instead of a statement; another test checks it.
      if (gate === 'resource' && action === 'lambda:InvokeFunction') continue;
      for (const account of Object.values(owners))
        for (const principal of principals(account)) {
          const text = sentence(principal, action, tail);
          const told = why(text);
          assert.ok(told, text);
          const statements = pasted(told);
          assert.ok(statements.length > 0, text);
          for (const statement of statements) {
            const part = partOf(statement);
            assertStatement({ ...statement }, part);
            assertLeast(statement, action);
            assert.deepEqual(await printed(action, principal, part), [statement], text);
          }
        }
    }
  });

test('both accounts are told of a refusal that says so of one only', () => {
  const both = (account: string, gate: string): readonly Part[] =>
    pasted(why(sentence(`arn:aws:iam::${account}:user/ci`, 'ecr:BatchGetImage', gates[gate] ?? '')) as Diagnosis).map(partOf);
  assert.deepEqual(both(owners.same, 'identity'), ['identity']);
  assert.deepEqual(both(owners.other, 'identity'), ['identity', 'repository']);
  assert.deepEqual(both(owners.other, 'none'), ['identity', 'repository']);
  assert.deepEqual(both(owners.other, 'resource'), ['repository']);
});

test('the policy of a function is a command, as Lambda takes no statement; it names the role and no session', async () => {
  const taken = [
    'arn:aws:iam::210987654321:user/ci/bot',
    'arn:aws:iam::210987654321:role/ci/puller',
    'arn:aws:iam::210987654321:role/puller',
  ];
  const others = principals(owners.other);
  for (const gate of ['none', 'identity', 'resource'])
    for (const [at, principal] of others.entries()) {
      const told = why(sentence(principal, 'lambda:InvokeFunction', gates[gate] ?? ''));
      assert.ok(!pasted(told as Diagnosis).some(({ Principal }) => Principal), 'no statement for the function');
      const [line = ''] = (told?.paste ?? []).filter(({ kind }) => kind === 'command').map(({ text }) => text);
      assert.match(line, new RegExp(`^aws lambda add-permission .*--principal ${taken[at]}$`));
      const asked = await command(['policy', 'invoke', lambda, '--for', principal, '--part', 'function']);
      assert.ok(asked.stderr.includes(`\`${line}\``), asked.stderr);
      const [statement] = (JSON.parse(asked.stdout) as { readonly Statement: readonly Statement[] }).Statement;
      assert.deepEqual([statement?.Principal, statement?.Condition], [{ AWS: taken[at] }, undefined]);
      assert.equal(/path of its role/.test(asked.stderr), at === 2);
      assert.equal(/path of its role/.test(told?.remedy ?? ''), at === 2);
    }
  const reserved = 'arn:aws:sts::210987654321:assumed-role/AWSReservedSSO_Dev_0123456789abcdef/joe';
  assert.match(why(sentence(reserved, 'lambda:InvokeFunction', ''))?.paste?.at(-1)?.text ?? '', /--principal 210987654321$/);
});

test('no statement opens a role without the external id that it may demand', () => {
  for (const gate of ['none', 'identity', 'resource'])
    for (const account of Object.values(owners)) {
      const told = why(sentence(`arn:aws:iam::${account}:user/ci`, 'sts:AssumeRole', gates[gate] ?? '')) as Diagnosis;
      const trusts = pasted(told).filter(statement => partOf(statement) === 'trust');
      for (const { Condition } of trusts) assert.deepEqual(Condition?.['StringEquals'], { 'sts:ExternalId': 'EXTERNAL-ID' });
      if (trusts.length > 0) assert.match(told.remedy, /in the place of EXTERNAL-ID/);
    }
});

test('no statement is pasted where none can help', () => {
  for (const action of authorization.keys())
    for (const tail of denials) {
      const told = why(sentence(principals(owners.other)[0] ?? '', action, tail));
      assert.ok(told);
      assert.deepEqual(pasted(told), [], tail);
    }
});

test('what the whole table tells people to paste is policy as AWS takes it', () => {
  const names = {
    ACCOUNT: '123456789012',
    REGION: 'eu-west-1',
    ISSUER: 'oidc.example.com',
    NAMESPACE: 'web',
    PREFIX: 'docker-hub',
    NAME: 'app',
    ROLE: 'pull',
  };
  const filled = (text: string): string => Object.entries(names).reduce((done, [name, value]) => done.replaceAll(name, value), text);
  const texts = situations.flatMap(({ symptoms }) => symptoms.map(({ text }) => text));
  const pastes = texts.flatMap(text => why(text)?.paste ?? []).filter(({ kind }) => kind === 'policy');
  assert.ok(pastes.length > 10);
  for (const { what, text } of pastes) {
    const statement = JSON.parse(filled(text)) as Statement;
    assertStatement({ ...statement }, partOf(statement));
    const allowed = [statement.Action].flat();
    assert.ok(
      (typeof statement.Principal === 'object' && 'Service' in statement.Principal) ||
        allowed.some(action => rightsFor(action).actions.join() === allowed.join()),
      `policy prints ${allowed.join()}`,
    );
    assert.match(what, /polic|permission set|boundary|trust/i);
  }
});

/** Returns the statements that `policy` prints for a service that pulls, or else for one that assumes a role. */
async function printedFor(service: string): Promise<readonly Statement[]> {
  for (const args of [
    ['pull', repository],
    ['assume', role],
  ]) {
    const { code, stdout } = await command(['policy', ...args, '--for', service]);
    if (code === 0) return (JSON.parse(stdout) as { readonly Statement: readonly Statement[] }).Statement;
  }
  return [];
}

test('every service that the table names has its statement, and a statement that is pasted for one is that which policy prints', async () => {
  const all = situations.flatMap(({ symptoms }) => symptoms.flatMap(({ text }) => why(text) ?? []));
  const texts = all.map(({ sentence, side, remedy, paste = [] }) => [sentence, side, remedy, ...paste.map(({ text }) => text)].join('\n'));
  const named = new Set(texts.flatMap(text => text.match(/(?<![\w.-])[a-z][a-z-]*(\.eks)?\.amazonaws\.com/g) ?? []));
  for (const service of named) {
    const [statement, ...more] = await printedFor(service);
    assert.deepEqual([statement?.Principal, more], [{ Service: service }, []], service);
  }
  for (const service of ['lambda', 'codebuild', 'pods.eks']) assert.ok(named.has(`${service}.amazonaws.com`), service);
  for (const statement of all.flatMap(pasted)) {
    const { Service } = typeof statement.Principal === 'object' && 'Service' in statement.Principal ? statement.Principal : {};
    if (Service === undefined) continue;
    const filled = JSON.parse(JSON.stringify(statement).replaceAll('ACCOUNT', '123456789012').replaceAll('REGION', 'eu-west-1')) as unknown;
    assert.deepEqual(await printedFor(Service), [filled]);
  }
});

test('the trust policy of EKS Pod Identity is one job', async () => {
  const told = why('EKS does not have permissions to assume the associated role');
  const { stdout } = await command(['policy', 'pod-identity', role]);
  assert.deepEqual((JSON.parse(stdout) as { Statement: unknown }).Statement, pasted(told as Diagnosis));
});

test('a refused web identity leads to the trust policy that policy prints, with names to fill in', async () => {
  const told = why('Not authorized to perform sts:AssumeRoleWithWebIdentity');
  assert.ok(told);
  const names = {
    ACCOUNT: '123456789012',
    ISSUER: 'oidc.eks.eu-west-1.amazonaws.com/id/ABC',
    NAMESPACE: 'web',
    PREFIX: 'docker-hub',
    NAME: 'app',
  };
  const text = Object.entries(names).reduce((filled, [name, value]) => filled.replaceAll(name, value), told.paste?.[0]?.text ?? '');
  const provider = `arn:aws:iam::${names.ACCOUNT}:oidc-provider/${names.ISSUER}`;
  const args = ['policy', 'web-identity', role, '--for', provider, '--subject', 'system:serviceaccount:web:app'];
  const { stdout } = await command(args);
  assert.deepEqual((JSON.parse(stdout) as { Statement: unknown }).Statement, [JSON.parse(text)]);
});

test('nobody is let in who is not known', () => {
  for (const who of ['anonymous', '*']) {
    const told = why(sentence(who, 'ecr:BatchGetImage', gates['resource'] ?? ''));
    assert.deepEqual(told && pasted(told), [], 'a statement for nobody would let in everybody');
  }
  const told = why(sentence('ecs-tasks.amazonaws.com', 'ecr:BatchGetImage', gates['resource'] ?? ''));
  assert.deepEqual(told && pasted(told).map(({ Principal }) => Principal), [{ Service: 'ecs-tasks.amazonaws.com' }]);
});

test('every statement of every job is one that a refusal leads to', () => {
  const named = new Set([...authorization.keys()].map(action => rightsFor(action).name));
  for (const { name, actions } of Object.values(rights) as readonly Rights[]) {
    assert.ok(named.has(name), name);
    for (const action of actions) assert.ok(authorization.has(action), action);
  }
});
