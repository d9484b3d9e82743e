import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { policy } from '../../src/commands/policy.ts';
import { actions } from '../../src/refusals/actions.ts';
import type { Part } from '../../src/refusals/documents.ts';
import { managedPolicies } from '../../src/refusals/managed.ts';
import { folder } from '../config/support.ts';
import { asked, host, image, provider, repository, role } from '../refusals/asked.ts';
import { assertGrammar, authorization } from '../refusals/grammar.ts';
import { type Block, parseHcl } from '../refusals/hcl.ts';
import { command } from './cli.ts';

interface Policy {
  readonly Version: string;
  readonly Statement: readonly Readonly<Record<string, unknown>>[];
}

async function printed(
  ...args: readonly string[]
): Promise<{ readonly json: Policy & Readonly<Record<string, Policy>>; readonly notes: string }> {
  const { code, stdout, stderr } = await command(['policy', ...args]);
  assert.equal(code, 0, stderr);
  return { json: JSON.parse(stdout) as Policy & Readonly<Record<string, Policy>>, notes: stderr };
}

const sidsOf = ({ Statement }: Policy): unknown[] => Statement.map(({ Sid }) => Sid);

test('what is printed is a policy as AWS takes it, whatever is asked for', async () => {
  for (const [args, names] of asked) {
    const { json, notes } = await printed(...args);
    const policies = names.length === 1 ? { [names[0] ?? '']: json } : json;
    assert.deepEqual(Object.keys(policies), names, args.join(' '));
    for (const [name, policy] of Object.entries(policies)) assertGrammar(policy, name.replace(/-\d+$/, '') as Part);
    assert.doesNotMatch(notes, /undefined|Warning/);
  }
});

test('Terraform says the same as JSON', async () => {
  for (const [args, names] of asked) {
    const { json } = await printed(...args);
    const { code, stdout, stderr } = await command(['policy', ...args, '--format', 'terraform']);
    assert.deepEqual([code, stderr], [0, '']);
    const blocks = parseHcl(stdout);
    assert.equal(new Set(blocks.map(({ labels }) => labels[1])).size, blocks.length);
    const { data = [], resource: permissions = [] } = Object.groupBy(blocks, ({ type }) => type);
    const policies = names.length === 1 ? { [names[0] ?? '']: json } : json;
    const { function: ofFunction, ...others } = policies;
    assert.deepEqual(
      data.map(block => JSON.stringify(policyOf(block))),
      Object.values(others).map(policy => JSON.stringify(policy)),
    );
    assert.deepEqual(permissions.map(permissionOf), ofFunction?.Statement.flatMap(permissionsIn) ?? []);
  }
});

/**
 * The Lambda permissions that a statement comes to. Lambda takes no whole policies but one principal and one function
 * at a time, and an account as its number.
 */
function permissionsIn({ Principal, Action, Resource }: Policy['Statement'][number]): unknown[] {
  const { AWS } = Principal as { readonly AWS: string | readonly string[] };
  return [Resource].flat().flatMap(arn =>
    [AWS].flat().map(who => {
      const [, name, qualifier] = /^(.*:function:[^:]+)(?::(.+))?$/.exec(String(arn)) ?? [];
      return [Action, name, qualifier, who.replace(/^.*::(\d+):root$/, '$1')];
    }),
  );
}

function permissionOf({ labels: [source, label = ''], attributes, blocks }: Block): unknown[] {
  assert.deepEqual([source, blocks], ['aws_lambda_permission', []]);
  assert.match(label, /^[a-z][a-z0-9_]*$/);
  assert.match(String(attributes.get('statement_id')), /^[A-Za-z0-9-]+$/);
  return ['action', 'function_name', 'qualifier', 'principal'].map(name => attributes.get(name));
}

/** The policy that the AWS provider makes of a data source `aws_iam_policy_document`. */
function policyOf({ type, labels: [source, label = ''], attributes, blocks }: Block): unknown {
  assert.deepEqual([type, source, attributes.size], ['data', 'aws_iam_policy_document', 0]);
  assert.match(label, /^[a-z][a-z0-9_]*$/);
  const one = (values: unknown): unknown => (Array.isArray(values) && values.length === 1 ? (values[0] as unknown) : values);
  return {
    Version: '2012-10-17',
    Statement: blocks.map(({ attributes: of, blocks: inner }) => {
      const principals = inner.filter(block => block.type === 'principals').map(block => block.attributes);
      const conditions = inner.filter(block => block.type === 'condition').map(block => block.attributes);
      return {
        Sid: of.get('sid'),
        Effect: of.get('effect'),
        ...(principals.length > 0 && {
          Principal:
            principals[0]?.get('type') === '*'
              ? '*'
              : Object.fromEntries(principals.map(each => [each.get('type'), one(each.get('identifiers'))])),
        }),
        Action: one(of.get('actions')),
        ...(of.has('resources') && { Resource: one(of.get('resources')) }),
        ...(conditions.length > 0 && {
          Condition: Object.fromEntries(
            [...Map.groupBy(conditions, each => each.get('test'))].map(([operator, of]) => [
              operator,
              Object.fromEntries(of.map(each => [each.get('variable'), one(each.get('values'))])),
            ]),
          ),
        }),
      };
    }),
  };
}

test('where a policy goes is told by what it is for', async () => {
  const first = async (...args: string[]) => (await command(['policy', ...args])).stderr.split('\n')[0];
  assert.equal(await first('ecr:PutRegistryPolicy'), '# Identity policy: it goes on the role or user that calls ecr:PutRegistryPolicy.');
  for (const job of ['pull', 'ecr:BatchImportUpstreamImage', 'pull,ecr:ListImages'])
    assert.match((await first(job, image)) ?? '', /that fetches the tokens/, job);
  const { stderr } = await command([
    'policy',
    'pull',
    '123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app',
    '--for',
    'omics.amazonaws.com',
  ]);
  assert.match(stderr, /service role of the run needs the right to pull: `--for omics\.amazonaws\.com,ACCOUNT` prints both/);
});

test('an image alone is one to pull: a token of everything, and two rights on its repository', async () => {
  const { json, notes } = await printed(image);
  assert.deepEqual(json.Statement, [
    { Sid: 'FetchToken', Effect: 'Allow', Action: 'ecr:GetAuthorizationToken', Resource: '*' },
    { Sid: 'Pull', Effect: 'Allow', Action: ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'], Resource: repository('team/app') },
  ]);
  assert.match(notes, /^# Identity policy: it goes on .*whoami.*\n# .*AmazonEC2ContainerRegistryPullOnly /);
});

test('images, hosts, ARNs and options name the same repositories', async () => {
  const { json } = await printed(image);
  for (const where of [
    [`https://${host.toUpperCase()}:443/team/app@sha256:${'0'.repeat(64)}`],
    [repository('team/app')],
    ['--account', '123456789012', '--region', 'eu-west-1', '--repository', 'team/app'],
    ['123456789012.dkr-ecr.eu-west-1.on.aws/team/app'],
  ])
    assert.deepEqual((await printed('pull', ...where)).json, json, where.join(' '));
  const resources = async (...args: string[]): Promise<unknown> => (await printed('pull', ...args)).json.Statement[1]?.['Resource'];
  assert.equal(await resources(host), repository('*'));
  assert.equal(await resources(`${host}/*`), repository('*'));
  assert.deepEqual(await resources(image, image, `${host}/other`), [repository('team/app'), repository('other')]);
});

test('a name that the configuration gives to a registry is that registry', async () => {
  await using files = await folder({ 'courier.yaml': `aliases: [{ host: images.example.com, registry: ${host} }]` });
  const { json } = await printed('pull', 'images.example.com/team/app', '--config', files.at('courier.yaml'));
  assert.equal(json.Statement[1]?.['Resource'], repository('team/app'));
});

test('each partition has its own ARNs', async () => {
  const partitions: Readonly<Record<string, string>> = {
    'eu-west-1': 'aws',
    'cn-north-1': 'aws-cn',
    'us-gov-west-1': 'aws-us-gov',
    'eusc-de-east-1': 'aws-eusc',
    'us-iso-east-1': 'aws-iso',
    'us-isob-east-1': 'aws-iso-b',
    'eu-isoe-west-1': 'aws-iso-e',
    'us-isof-south-1': 'aws-iso-f',
  };
  for (const [region, partition] of Object.entries(partitions)) {
    const { json, notes } = await printed('pull', '--account', '123456789012', '--region', region, '--for', '210987654321');
    assert.equal(json['identity']?.Statement[1]?.['Resource'], `arn:${partition}:ecr:${region}:123456789012:repository/*`);
    assert.deepEqual(json['repository']?.Statement[0]?.['Principal'], { AWS: `arn:${partition}:iam::210987654321:root` });
    assert.match(notes, new RegExp(`arn:${partition}:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly`));
  }
});

test('another account needs both sides, and each says where it goes', async () => {
  const { json, notes } = await printed('pull', image, '--for', role);
  assert.deepEqual(sidsOf(json['identity'] ?? json), ['FetchToken', 'Pull']);
  assert.deepEqual(json['repository']?.Statement, [
    { Sid: 'Pull', Effect: 'Allow', Principal: { AWS: role }, Action: ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'] },
  ]);
  assert.match(notes, /Identity policy: it goes on role puller in account 210987654321\./);
  assert.match(notes, /Repository policy: it goes on repository team\/app in account 123456789012, eu-west-1\./);
  assert.deepEqual((await printed('pull', image, '--for', role, '--part', 'repository')).json, json['repository']);
});

test('Lambda is let in by the repository, for functions of one account, and needs nothing else', async () => {
  const { json, notes } = await printed('pull', image, '--for', 'lambda');
  const functions = (of: string) => ({ StringLike: { 'aws:SourceArn': of } });
  const [Service, Action] = ['lambda.amazonaws.com', ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer']];
  const own = 'arn:aws:lambda:eu-west-1:123456789012:function:*';
  assert.deepEqual(json.Statement, [{ Sid: 'PullByLambda', Effect: 'Allow', Principal: { Service }, Action, Condition: functions(own) }]);
  assert.match(notes, /Whoever creates or updates the function needs the right to pull as well/);
  assert.deepEqual((await printed('pull', image, '--for', own)).json, json);
  // A qualifier is not part of the function in the condition, and the account of the function needs a statement too.
  const theirs = await printed('pull', image, '--for', 'arn:aws:lambda:eu-west-1:210987654321:function:web:live');
  assert.deepEqual(theirs.json.Statement, [
    { Sid: 'Pull', Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::210987654321:root' }, Action },
    {
      Sid: 'PullByLambda',
      Effect: 'Allow',
      Principal: { Service },
      Action,
      Condition: functions('arn:aws:lambda:eu-west-1:210987654321:function:web'),
    },
  ]);
  const refused: readonly (readonly [why: RegExp, ...args: string[]])[] = [
    [/let in by pull IMAGE, where it pulls by itself/, 'push', image, '--for', 'lambda'],
    [/let in by pull IMAGE, where it pulls by itself/, 'token', '--for', 'lambda'],
    [/let in by pull IMAGE, where it pulls by itself/, 'pull', 'public.ecr.aws/x/y', '--for', 'lambda'],
    [/by no registry policy/, 'pull', image, '--for', 'lambda', '--part', 'registry'],
    [/own region only/, 'pull', image, '--for', 'arn:aws:lambda:us-east-1:123456789012:function:*'],
    [/is not an ARN of Lambda: arn:aws:lambda:/, 'pull', image, '--for', 'arn:aws:lambda:eu-west-1:123456789012:web'],
    [/12 digits/, 'pull', image, '--for', 'arn:aws:lambda:eu-west-1:*:function:*'],
    [/not known to pull by itself: name the role .*CodeBuild \(codebuild/, 'pull', image, '--for', 'ecs-tasks.amazonaws.com'],
    [/is not an ARN of CodeBuild/, 'pull', image, '--for', 'arn:aws:codebuild:eu-west-1:123456789012:build/web'],
    [/its own account only/, 'pull', image, '--for', 'arn:aws:codebuild:eu-west-1:210987654321:project/web'],
    [/own region only/, 'pull', image, '--for', 'arn:aws:codebuild:us-east-1:123456789012:project/web'],
    [/--for sagemaker.amazonaws.com/, 'pull', image, '--for', 'arn:aws:sagemaker:eu-west-1:123456789012:model/web'],
    [/let in by pull IMAGE/, 'invoke', 'arn:aws:lambda:eu-west-1:123456789012:function:f', '--for', 'events.amazonaws.com'],
    [/is for the trust policy/, 'assume', role, '--for', 'ec2.amazonaws.com', '--external-id', 'blue'],
    [/by no identity policy/, 'assume', role, '--for', 'ec2.amazonaws.com', '--part', 'identity'],
    [/leave out --for/, 'pod-identity', role, '--for', 'pods.eks.amazonaws.com'],
    [/stands alone/, 'pod-identity,assume', role],
  ];
  for (const [why, ...args] of refused) {
    const { code, stderr } = await command(['policy', ...args]);
    assert.deepEqual([code, why.test(stderr)], [2, true], stderr);
  }
});

test('a pull-through cache imports and creates; its repositories are not there, so the registry lets in', async () => {
  const cache = `${host}/docker-hub/*`;
  const sids = async (...args: string[]): Promise<unknown> => sidsOf((await printed('cache', cache, ...args)).json);
  assert.deepEqual(await sids(), ['FetchToken', 'Pull', 'ImportUpstream', 'CreateRepository']);
  assert.deepEqual(await sids('--existing'), ['FetchToken', 'Pull', 'ImportUpstream']);
  const { json, notes } = await printed('cache', cache, '--for', role);
  assert.deepEqual(sidsOf(json['registry'] ?? json), ['Pull', 'ImportUpstream', 'CreateRepository']);
  assert.match(notes, /Registry policy: it goes on the registry of account 123456789012 in eu-west-1\..*REGISTRY_POLICY_SCOPE --value V2/s);
  assert.doesNotMatch(notes, /PullOnly/);
});

test('jobs are joined, and each statement is there once', async () => {
  const { json } = await printed('pull,push,pull,ecr:ListImages,ecr:ListImages', image);
  assert.deepEqual(sidsOf(json), ['FetchToken', 'Pull', 'Push', 'ListImages']);
});

test('a role with an external id has two sides, and a function of another account, too', async () => {
  const { json } = await printed('assume', 'arn:aws:iam::123456789012:role/pull', '--for', role, '--external-id', 'blue');
  assert.deepEqual(json['trust']?.Statement[0]?.['Condition'], { StringEquals: { 'sts:ExternalId': 'blue' } });
  const invoked = await printed('invoke', 'arn:aws:lambda:eu-west-1:123456789012:function:ecr-token', '--for', role);
  assert.match(
    invoked.notes,
    new RegExp(`add-permission --region eu-west-1 --function-name \\S+:ecr-token --statement-id .*--principal ${role}`),
  );
  const alias = await printed('invoke', 'arn:aws:lambda:eu-west-1:123456789012:function:ecr-token:live', '--for', role);
  assert.match(alias.notes, /--function-name \S+:ecr-token --qualifier live /);
});

const github = 'arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com';

test('the subject of a CI job may be a pattern, below its owner', async () => {
  const { json } = await printed('web-identity', 'arn:aws:iam::123456789012:role/ci', '--for', github, '--subject', 'repo:org/app:*');
  const issuer = 'token.actions.githubusercontent.com';
  assert.deepEqual(json.Statement[0]?.['Condition'], {
    StringEquals: { [`${issuer}:aud`]: 'sts.amazonaws.com' },
    StringLike: { [`${issuer}:sub`]: 'repo:org/app:*' },
  });
});

test('commas separate images, and --json is the usual form', async () => {
  const apart = await printed('pull', image, '123456789012.dkr.ecr.eu-west-1.amazonaws.com/b/c');
  assert.deepEqual((await printed('pull', `${image},123456789012.dkr.ecr.eu-west-1.amazonaws.com/b/c`, '--json')).json, apart.json);
});

test('on a terminal each policy stands below its place; elsewhere stdout is JSON alone', async () => {
  const lines: string[] = [];
  const stdout = { isTTY: true, write: (text: string) => lines.push(text) };
  await policy(['pull', image, '--for', role], { env: {}, stdout, stderr: { write: (text: string) => lines.push(text) } });
  assert.deepEqual(
    lines.map(text => text.slice(0, 12)),
    ['# Identity p', '{\n  "Version', '# Repository', '{\n  "Version'],
  );
});

test('what is wrong is told, with what is right', async () => {
  const wrong: readonly (readonly [args: string, words: RegExp])[] = [
    ['', /say what for/],
    ['pul IMAGE', /pul is neither a job \(token, pull, .*\) nor an ECR action: did you mean pull\?/],
    ['ecr:BatchGetImages IMAGE', /did you mean ecr:BatchGetImage\?/],
    ['s3:GetObject IMAGE', /neither a job/],
    ['pull', /name images or hosts/],
    ['pull --region eu-west-1', /--account and --region belong together/],
    ['pull --repository app', /--account and --region belong together/],
    ['pull 12345678901.dkr.ecr.eu-west-1.amazonaws.com/app', /12345678901 is not an AWS account: it has 11 digits, and 12 digits/],
    ['pull --account 1234567890123 --region eu-west-1', /13 digits/],
    ['pull --account prod --region eu-west-1', /prod is not an AWS account: it is not a number/],
    ['pull --account 123456789012 --region EU', /EU is not an AWS region/],
    ['pull --account 123456789012 --region eu-wst-1', /eu-wst-1 is not an AWS region: did you mean eu-west-1\?/],
    ['pull 123456789012.dkr.ecr.us-eats-1.amazonaws.com/app', /us-eats-1 is not an AWS region: did you mean us-east-1\?/],
    ['pull arn:aws:ecr:eu-cental-1:123456789012:repository/app', /eu-cental-1 is not an AWS region: did you mean eu-central-1\?/],
    ['invoke arn:aws:lambda:eu-nort-1:123456789012:function:f', /eu-nort-1 is not an AWS region: did you mean eu-north-1\?/],
    ['pull HOST/Team/App', /Team\/App is not a name of a repository: it has upper case letters/],
    ['pull HOST/team/*/app', /a \* stands at the end only/],
    ['pull HOST/team/ap?', /a \* stands at the end only/],
    ['pull HOST/team/**', /a \* stands at the end only/],
    ['pull HOST/team//app', /single \. _ - \/ between/],
    ['pull HOST/team__app', /single \. _ - \/ between/],
    ['pull HOST/a', /2 to 256/],
    ['pull *.dkr.ecr.eu-west-1.amazonaws.com/app', /has a wildcard: name each account and region/],
    ['pull arn:aws:ecr:*:123456789012:repository/app', /\* is not an AWS region/],
    ['pull arn:aws-cn:ecr:eu-west-1:123456789012:repository/app', /partition aws, and the ARN says aws-cn/],
    ['pull arn:aws:s3:::bucket', /not an ARN of a repository/],
    ['pull docker.io/library/nginx', /docker\.io is not an ECR registry/],
    ['pull 123456789012.dkr.ecr.eu-west-1.amazonaws.com.evil.com/app', /looks like an ECR registry and is not one/],
    ['pull vpce-0a.dkr.ecr.eu-west-1.vpce.amazonaws.com/app', /name of a VPC endpoint, which does not say the account/],
    ['token HOST', /no narrower resource than all for token: leave out/],
    ['public HOST', /no narrower resource than all for public/],
    ['ecr:DescribeRegistry IMAGE', /no narrower resource than all for ecr:DescribeRegistry/],
    ['token --account 123456789012 --region eu-west-1', /--account and --region name repositories, and token has none/],
    ['assume ROLE --repository app', /--repository names repositories, and assume has none/],
    ['pull IMAGE --account 123456789012 --region eu-west-1', /stand in place of images: leave out one of the two/],
    ['pull IMAGE --repository app', /stand in place of images/],
    ['pull https://AWS:hunter2@HOST/app', /^(?!.*hunter2)/s],
    ['pull AWS:hunter2@docker.io/app', /^(?!.*hunter2)/s],
    ['push public.ecr.aws/nginx/nginx', /for private registries/],
    ['pull HOST/app 123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/app', /ask for each alone/],
    ['pull HOST/app --for *', /would let in everybody/],
    ['pull HOST/app --for arn:aws:iam::123456789012:role/*', /wildcard, which AWS takes in no principal/],
    ['pull HOST/app --for arn:aws:iam::123456789012:group/dev', /is a group/],
    ['pull HOST/app --for arn:aws:iam::12345:role/dev', /5 digits/],
    ['pull HOST/app --for arn:aws-cn:iam::123456789012:role/dev', /no policy reaches/],
    ['pull HOST/app --for ci', /neither the ARN of a role/],
    ['pull HOST/app --part repository', /name him with --for/],
    ['pull HOST/app --part bucket', /bucket is not a part: identity, repository/],
    ['pull HOST/app --format yaml', /yaml is not a format: json, terraform/],
    ['pull HOST/app --tags', /are for cache/],
    ['cache HOST/app --tags --existing', /exclude each other/],
    ['pull HOST/app --external-id blue', /is for the trust policy/],
    ['pull,assume HOST/app', /pull,assume are of different things, repositories and roles/],
    ['web-identity ROLE --for 210987654321', /not an ARN of a provider/],
    [
      'web-identity arn:aws:iam::999999999999:role/ci --for GITHUB --subject repo:org/app:*',
      /STS looks for the provider in the account of the role: make token\.actions\.githubusercontent\.com a provider in account 999999999999/,
    ],
    ['web-identity ROLE --for PROVIDER', /--subject system:serviceaccount:NAMESPACE:NAME is expected/],
    ['web-identity arn:aws:iam::123456789012:role/pod --for PROVIDER --subject system:serviceaccount:web:*', /is not a subject/],
    ['web-identity arn:aws:iam::123456789012:role/ci --for GITHUB --subject repo:*', /would let in strangers/],
    ['pull --role x', /did you mean --for\?/],
    ['assume ROLE --subject a', /are for web-identity/],
    ['assume', /name the roles by their ARNs/],
    ['assume puller', /puller is not an ARN of a role/],
    ['assume ROLE --for 210987654321 --external-id a', /2 to 1224/],
    ['invoke arn:aws:lambda:eu-west-1:123456789012:function:*', /not an ARN of one function/],
    ['token --part registry --for 210987654321', /token needs no registry policy/],
  ];
  for (const [line, words] of wrong) {
    const args = line
      .split(' ')
      .filter(Boolean)
      .map(arg =>
        arg
          .replace('HOST', host)
          .replace('IMAGE', image)
          .replace(/^ROLE$/, role)
          .replace(/^PROVIDER$/, provider)
          .replace(/^GITHUB$/, github),
      );
    const { code, stdout, stderr } = await command(['policy', ...args]);
    assert.deepEqual([code, stdout], [2, ''], line);
    assert.match(stderr, words, line);
  }
});

test('a region that may be a new one is taken, with a warning', async () => {
  for (const [region, near] of [
    ['eu-west-9', 'eu-west-1'],
    ['ue-west-1', 'eu-west-1'],
    ['ap-southwest-1', 'ap-southeast-1'],
  ])
    assert.match(
      (await printed('pull', '--account', '123456789012', '--region', region ?? '')).notes,
      new RegExp(`^Warning: ${region} is not a region that is known here: did you mean ${near}\\?\n#`),
    );
});

test('a policy that AWS would refuse for its length is a warning', async () => {
  const many = Array.from({ length: 120 }, (_, at) => `${host}/team/app-${at}`);
  assert.match((await printed('pull', ...many)).notes, /^Warning: It has \d+ characters, and AWS takes 6144 in a managed policy/);
});

test('the actions are those of the API, and of what it does not call by itself', () => {
  const commands = readdirSync(join(import.meta.dirname, '../../node_modules/@aws-sdk/client-ecr/dist-types/commands'))
    .filter(name => name.endsWith('Command.d.ts'))
    .map(name => `ecr:${name.replace('Command.d.ts', '')}`);
  const others = ['ecr:BatchImportUpstreamImage', 'ecr:GetImageCopyStatus', 'ecr:ReplicateImage'];
  const known = new Set([
    ...commands,
    ...others,
    'ecr-public:GetAuthorizationToken',
    'sts:GetServiceBearerToken',
    'sts:AssumeRole',
    'sts:AssumeRoleWithWebIdentity',
    'sts:TagSession',
    'sts:SetSourceIdentity',
    'lambda:InvokeFunction',
  ]);
  for (const action of [...actions.keys(), ...Object.values(managedPolicies).flat()]) assert.ok(known.has(action), action);
  for (const [action, { resource }] of authorization) assert.equal(actions.get(action) === 'registry', resource.test('*'), action);
});
