import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Denial, readDenial } from '../../src/refusals/denial.ts';
import { factsOf } from '../../src/refusals/facts.ts';
import { explainDenial } from '../../src/refusals/gates.ts';

const role = 'arn:aws:sts::123456789012:assumed-role/ci/session';
const own = 'arn:aws:ecr:eu-west-1:123456789012:repository/team/app';
const theirs = 'arn:aws:ecr:eu-west-1:444455556666:repository/team/app';
const said = (tail: string, { action = 'ecr:BatchGetImage', resource = own } = {}): string =>
  `User: ${role} is not authorized to perform: ${action} on resource: ${resource}${tail && ` ${tail}`}`;

/**
 * Ends of IAM's messages (IAM user guide, "Troubleshoot access denied error messages"), and the policies that they
 * point to.
 */
const tails: readonly [tail: string, gate: Denial['gate'], explicit: boolean][] = [
  ['because no identity-based policy allows the ecr:BatchGetImage action', 'identity', false],
  ['because no resource-based policy allows the ecr:BatchGetImage action', 'resource', false],
  ['because no permissions boundary allows the ecr:BatchGetImage action', 'boundary', false],
  ['because no service control policy allows the ecr:BatchGetImage action', 'scp', false],
  ['because no resource control policy allows the ecr:BatchGetImage action', 'rcp', false],
  ['because no session policy allows the ecr:BatchGetImage action', 'session', false],
  ['because no VPC endpoint policy allows the ecr:BatchGetImage action', 'endpoint', false],
  ['with an explicit deny in an identity-based policy', 'identity', true],
  ['with an explicit deny in a resource-based policy', 'resource', true],
  ['with an explicit deny in a permissions boundary', 'boundary', true],
  ['with an explicit deny in a service control policy', 'scp', true],
  ['with an explicit deny in a resource control policy', 'rcp', true],
  ['with an explicit deny in a session policy', 'session', true],
  ['with an explicit deny in a VPC endpoint policy', 'endpoint', true],
  ['with an explicit deny', undefined, true],
  ['', undefined, false],
];

test('each tail of IAM says which policy decided', () => {
  for (const [tail, gate, explicit] of tails) {
    const denial = readDenial(said(tail));
    assert.equal(denial?.gate, gate, tail);
    assert.equal(denial?.explicit, explicit, tail);
    assert.equal(denial?.action, 'ecr:BatchGetImage');
    assert.equal(denial?.resource, own, tail);
    assert.equal(denial?.principal, role);
    assert.equal(denial?.account, '123456789012');
  }
});

test('the sentence is found however it was wrapped on its way', () => {
  const whole = said('because no resource-based policy allows the ecr:BatchGetImage action', { resource: theirs });
  const wrapped: readonly string[] = [
    whole,
    `Error response from daemon: denied: ${whole}`,
    `rpc error: code = Unknown desc = failed to pull and unpack image "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app:1": ${JSON.stringify(whole)}`,
    JSON.stringify({ errors: [{ code: 'DENIED', message: whole }] }),
    JSON.stringify({ log: JSON.stringify({ errors: [{ code: 'DENIED', message: `${whole}\n` }] }), time: '2026-01-01T00:00:00Z' }),
    `\u001b[31mERROR\u001b[0m ${whole.replace('authorized', '\u001b[1mauthorized\u001b[0m')}`,
    `<ErrorResponse><Error><Code>AccessDenied</Code><Message>${whole}</Message></Error></ErrorResponse>`,
    `&quot;${whole}&quot;`,
    whole.replaceAll(' ', '\n   '),
    ...[20, 37, 80].flatMap(width => [
      whole.replaceAll(new RegExp(`.{${width}}`, 'g'), '$&\n'),
      whole.replaceAll(new RegExp(`.{${width}}`, 'g'), line => `${line.trimEnd()}\n`),
    ]),
    whole
      .replaceAll(/.{60}/g, '$&\n')
      .split('\n')
      .map(line => `| ${line}`)
      .join('\n'),
  ];
  for (const text of wrapped) {
    const { principal, action, resource, resourceAccount, gate, explicit } = factsOf(text).denial ?? assert.fail(text);
    assert.deepEqual(
      { principal, action, resource, resourceAccount, gate, explicit },
      {
        principal: role,
        action: 'ecr:BatchGetImage',
        resource: theirs,
        resourceAccount: '444455556666',
        gate: 'resource',
        explicit: false,
      },
      text,
    );
  }
});

test('other forms of the sentence: without a user, a colon or a resource, and with the policy that denies', () => {
  assert.deepEqual(readDenial('Not authorized to perform sts:AssumeRoleWithWebIdentity')?.action, 'sts:AssumeRoleWithWebIdentity');
  assert.equal(readDenial(`User: ${role} is not authorized to perform: sts:AssumeRole`)?.resource, undefined);
  assert.equal(readDenial(said('', { resource: '*' }))?.resource, '*');
  assert.equal(readDenial(`${said('')}. Ask your administrator.`)?.resource, own);
  const policy = 'arn:aws:organizations::111122223333:policy/o-abc/service_control_policy/p-1';
  assert.equal(readDenial(said(`with an explicit deny in a service control policy: ${policy}`))?.policy, policy);
  assert.equal(readDenial('User alice is not authorized to perform that'), undefined);
  assert.equal(readDenial('not authorized to perform: the task: later'), undefined);
});

test('of several sentences the last one counts, and a cut one is read as far as it goes', () => {
  const both = `${said('because no identity-based policy allows the ecr:BatchGetImage action')}\n${said('with an explicit deny', { action: 'ecr:PutImage' })}`;
  const { action, explicit } = readDenial(both) ?? {};
  assert.deepEqual({ action, explicit }, { action: 'ecr:PutImage', explicit: true });
  const cut = said('because no identity-based policy allows the ecr:BatchGetImage action').slice(0, -52);
  assert.equal(readDenial(cut)?.gate, 'identity', cut);
  assert.equal(readDenial(cut)?.resource, own);
});

test('an action that is cut off is completed only where one alone begins so', () => {
  const of = (action: string) => factsOf(`User: ${role} is not authorized to perform: ${action}`).denial?.action;
  assert.equal(of('ecr:BatchGetIma'), 'ecr:BatchGetImage');
  assert.equal(of('ecr:BatchGetIma...'), 'ecr:BatchGetImage');
  assert.equal(of('sts:AssumeRole'), 'sts:AssumeRole');
  const { denial = assert.fail() } = factsOf(`User: ${role} is not authorized to perform: ecr:BatchGetIma`);
  const { sentence, paste } = explainDenial(denial);
  assert.match(sentence, /may be cut off/);
  assert.match(paste?.[0]?.text ?? '', /"Resource": "arn:aws:ecr:REGION:ACCOUNT:repository\/NAME"/);
  for (const cut of ['ecr:BatchGet', 'ecr:Desc', 'ecr:De…', 'ecr:Nothing', 's3:GetObj...']) assert.equal(of(cut), undefined, cut);
  assert.equal(of(`ecr:NewAction on resource: ${own}`), 'ecr:NewAction');
});

test('an ARN that is cut off leads to a statement with words to fill in, and the text says so', () => {
  const told = (resource: string, tail = '', action = 'ecr:BatchGetImage') =>
    explainDenial(factsOf(said(tail, { resource, action })).denial ?? assert.fail(resource));
  const because = 'because no identity-based policy allows the ecr:BatchGetImage action';
  const cuts: readonly (readonly [resource: string, pasted: string, action?: string])[] = [
    ['arn:aws:ecr:eu-west-1:123456789012:repository/te...', 'arn:aws:ecr:eu-west-1:123456789012:repository/NAME'],
    ['arn:aws:ecr:eu-west-1:123456789012:repository/te\u2026', 'arn:aws:ecr:eu-west-1:123456789012:repository/NAME'],
    ['arn:aws:ecr:eu-west-1:123456789012:repository/te...app', 'arn:aws:ecr:eu-west-1:123456789012:repository/NAME'],
    ['arn:aws:ecr:eu-west-1:123456789012:repo', 'arn:aws:ecr:eu-west-1:123456789012:repository/NAME'],
    ['arn:aws:ecr:eu-west-1:1234', 'arn:aws:ecr:eu-west-1:ACCOUNT:repository/NAME'],
    ['arn:aws-cn:ecr:cn-no', 'arn:aws-cn:ecr:REGION:ACCOUNT:repository/NAME'],
    ['arn:aws:iam::444455556666:role/pul...', 'arn:aws:iam::444455556666:role/NAME', 'sts:AssumeRole'],
    ['arn:aws:lambda:eu-west-1:123456789012:fun', 'arn:aws:lambda:eu-west-1:123456789012:function:NAME', 'lambda:InvokeFunction'],
  ];
  for (const [resource, pasted, action] of cuts)
    for (const tail of action === undefined ? ['', because] : ['']) {
      const { sentence, remedy, paste = [] } = told(resource, tail, action);
      assert.equal((JSON.parse(paste[0]?.text ?? '{}') as { Resource?: string }).Resource, pasted, resource);
      assert.match(sentence, /the text is cut off there/, resource);
      assert.match(remedy, /fill in what stands in capital letters/, resource);
    }
  assert.doesNotMatch(told(own, because).remedy, /cut off|fill in|whole/);
});

test('a name that ends a line is doubted only where the next line may be the rest of it', () => {
  const remedy = (text: string) => explainDenial(factsOf(text).denial ?? assert.fail(text)).remedy;
  const doubt = /A line ends with that name: look whether it is whole/;
  assert.match(remedy(`${said('')}\nnpm warn`), doubt);
  for (const text of [said(''), `${said('')}\n`, `${said('')}\nERROR: Job failed`, `${said('')}\n${'-'.repeat(300)}\nnpm warn`])
    assert.doesNotMatch(remedy(text), doubt, text);
});

test('what a text hides stands as a word in capitals in sentence and statement', () => {
  const masks = ['[MASKED]', '***', '****', '<account>', 'XXXXXXXXXXXX', '[REDACTED]', '${ACCOUNT}', '{{ account }}'];
  const tail = (gate: string) => `because no ${gate} policy allows the ecr:BatchGetImage action`;
  const told = (mask: string, gate: string) => {
    const resource = `arn:aws:ecr:eu-west-1:${mask}:repository/${mask}/app`;
    const text = said(tail(gate), { resource }).replace(role, `arn:aws:sts::${mask}:assumed-role/ci/s`);
    return explainDenial(factsOf(text).denial ?? assert.fail(text));
  };
  for (const mask of masks) {
    const identity = told(mask, 'identity-based');
    assert.match(
      identity.sentence,
      /^Role ci in account ACCOUNT may not .* on repository NAME\/app of account ACCOUNT in eu-west-1:/,
      mask,
    );
    assert.match(identity.remedy, /hides a part of these names: fill in what stands in capital letters/, mask);
    assert.equal(identity.paste?.length, 1, 'nobody knows whether two accounts are concerned');
    assert.match(identity.paste?.[0]?.text ?? '', /"arn:aws:ecr:eu-west-1:ACCOUNT:repository\/NAME\/app"/, mask);
    const resource = told(mask, 'resource-based');
    assert.match(resource.paste?.[0]?.text ?? '', /"AWS": "arn:aws:iam::ACCOUNT:role\/ci"/, mask);
  }
  const theirAccount = said(tail('resource-based'), { resource: 'arn:aws:ecr:eu-west-1:***:repository/team/app' });
  const { side } = explainDenial(factsOf(theirAccount).denial ?? assert.fail());
  assert.equal(side, 'the repository policy in account ACCOUNT', 'whose it is, nobody knows');
  const all = explainDenial(factsOf(said(tail('identity-based'), { resource: '[MASKED]' })).denial ?? assert.fail());
  assert.match(all.paste?.[0]?.text ?? '', /"arn:aws:ecr:REGION:ACCOUNT:repository\/NAME"/);
  for (const whole of ['arn:aws:ecr:eu-west-1:123456789012:repository/*', 'arn:aws:ecr:eu-west-1:123456789012:repository/x', '*']) {
    const { sentence, remedy, paste } = explainDenial(factsOf(said(tail('identity-based'), { resource: whole })).denial ?? assert.fail());
    assert.doesNotMatch(`${sentence} ${remedy}`, /cut off|hides/, whole);
    assert.ok(paste?.[0]?.text.includes(`"Resource": "${whole}"`), whole);
  }
});

test('the import through a cache of another account is let in by the registry, as there is no repository yet', () => {
  const action = 'ecr:BatchImportUpstreamImage';
  for (const gate of ['resource-based', 'identity-based']) {
    const text = said(`because no ${gate} policy allows the ${action} action`, { action, resource: theirs });
    const { sentence, remedy, paste } = explainDenial(readDenial(text) ?? assert.fail(text));
    assert.match(gate === 'resource-based' ? sentence : remedy, /registry policy in account 444455556666/i, gate);
    assert.match(paste?.at(-1)?.what ?? '', /^Statement for the registry policy in account 444455556666$/);
    assert.match(paste?.at(-1)?.text ?? '', /"Resource": /);
  }
});

test('a pull-through cache is spoken of only where the registry refused to create a repository', () => {
  const denied = said('', { action: 'ecr:CreateRepository' });
  const remedy = (text: string) => explainDenial(factsOf(text).denial ?? assert.fail(text)).remedy;
  const answers = [`Error response from daemon: denied: ${denied}`, JSON.stringify({ errors: [{ code: 'DENIED', message: denied }] })];
  for (const text of answers) assert.match(remedy(text), /A pull-through cache creates the repository/, text);
  const calls = [denied, `(AccessDeniedException) when calling the CreateRepository operation: ${denied}`, `AccessDenied: ${denied}`];
  for (const text of calls) assert.doesNotMatch(remedy(text), /cache/, text);
});

test('an ARN that is cut off is completed by the image that the text names', () => {
  const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
  for (const begun of ['arn:aws:ecr:eu-west-1:123456789012:repository/te...', 'arn:aws:ecr:eu-west-1:1234', own.slice(0, -3)]) {
    const { denial } = factsOf(`pull access denied for ${host}/team/app: denied: ${said('', { resource: begun })}`);
    assert.deepEqual([denial?.resource, denial?.cut, denial?.isLast], [own, undefined, undefined], begun);
  }
  const { denial } = factsOf(`${host}/other: denied: ${said('', { resource: 'arn:aws:ecr:eu-west-1:123456789012:repository/te...' })}`);
  assert.equal(denial?.cut?.resource, 'arn:aws:ecr:eu-west-1:123456789012:repository/te');
});

test('whoever is cut off is not let in by what there is of his name', () => {
  for (const [start, arn] of [
    ['arn:aws:sts::444455556666:assumed-role/very-lo...', 'arn:aws:iam::444455556666:role/NAME'],
    ['arn:aws:sts::4444...', 'arn:aws:iam::ACCOUNT:role/NAME'],
  ] as const) {
    const text = said('because no resource-based policy allows the ecr:BatchGetImage action').replace(role, start);
    const { remedy, paste = [] } = explainDenial(readDenial(text) ?? assert.fail(text));
    const { Principal, Condition } = JSON.parse(paste[0]?.text ?? '{}') as { Principal?: unknown; Condition?: unknown };
    assert.deepEqual([Principal, Condition], [{ AWS: arn }, undefined]);
    assert.match(remedy, /cut off in the name of who asked: fill in/);
  }
});

test('who was refused is named as people know him', () => {
  const holders: readonly [principal: string, words: string][] = [
    [role, 'role ci in account 123456789012'],
    ['arn:aws:iam::123456789012:user/team/ci', 'user ci in account 123456789012'],
    ['arn:aws:iam::123456789012:root', 'the root user in account 123456789012'],
    ['arn:aws-us-gov:sts::123456789012:federated-user/bob', 'federated user bob in account 123456789012'],
    [
      'arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_PowerUser_0123456789abcdef/bob@example.com',
      'permission set PowerUser of IAM Identity Center in account 123456789012',
    ],
    ['anonymous', 'an anonymous caller'],
  ];
  for (const [principal, words] of holders) assert.equal(readDenial(said('').replace(role, principal))?.holder.words, words, principal);
});

test('a diagnosis names gate, account and holder, and both sides where two accounts are concerned', () => {
  const told = (text: string) => explainDenial(readDenial(text) ?? assert.fail(text), {});
  const identity = told(said('because no identity-based policy allows the ecr:BatchGetImage action'));
  assert.match(identity.sentence, /^Role ci in account 123456789012 may not do ecr:BatchGetImage .*first gate, the identity policy/);
  assert.equal(identity.paste?.length, 1);
  const cross = told(said('because no identity-based policy allows the ecr:BatchGetImage action', { resource: theirs }));
  assert.match(cross.remedy, /repository policy in account 444455556666 must allow it as well/);
  assert.equal(cross.paste?.length, 2);
  const repository = told(said('because no resource-based policy allows the ecr:BatchGetImage action', { resource: theirs }));
  assert.match(repository.side, /repository policy in account 444455556666/);
  const creation = told(
    said('because no resource-based policy allows the ecr:CreateRepository action', { action: 'ecr:CreateRepository', resource: theirs }),
  );
  assert.match(creation.sentence, /third gate, the registry policy in account 444455556666/);
  const denied = told(said('with an explicit deny in a service control policy'));
  assert.match(denied.sentence, /\(SCP\) of the organization above account 123456789012 denies it explicitly/);
  assert.equal(denied.paste, undefined);
});

test('nobody is told to add a statement where the one who asked can have none', () => {
  const as = (who: string, of = own) => {
    const text = said('because no identity-based policy allows the ecr:BatchGetImage action', { resource: of }).replace(role, who);
    return explainDenial(readDenial(text) ?? assert.fail(text));
  };
  const federated = as('arn:aws:sts::123456789012:federated-user/joe');
  assert.equal(
    federated.side,
    'the identity policy of the user that called GetFederationToken for federated user joe in account 123456789012',
  );
  const root = as('arn:aws:iam::123456789012:root');
  assert.match(root.side, /^a service control policy \(SCP\)/);
  assert.deepEqual(root.paste, []);
  assert.match(as('arn:aws:iam::123456789012:root', theirs).side, /^the repository policy in account 444455556666, or a service control/);
  const linked = as('arn:aws:sts::123456789012:assumed-role/AWSServiceRoleForX/s');
  assert.match(linked.remedy, /^Let another identity ask/);
  assert.doesNotMatch(linked.remedy, /PullOnly/);
  assert.deepEqual(linked.paste, []);
  const nobody = as('anonymous');
  assert.match(nobody.sentence, /no identity policy counts, and the second gate, the repository policy in account 123456789012 does not/);
  assert.equal(nobody.paste, undefined);
  const service = as('codebuild.amazonaws.com');
  assert.equal(service.side, 'the repository policy in account 123456789012');
  assert.match(service.paste?.[0]?.text ?? '', /"Service": "codebuild\.amazonaws\.com"/);
  assert.doesNotMatch(JSON.stringify(service), /identity policy of|arn:aws:iam/);
});
