import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAddress } from '../../src/contract/registry.ts';
import { diagnose } from '../../src/refusals/diagnose.ts';
import type { Own } from '../../src/refusals/facts.ts';

const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
const store = 'prod-eu-west-1-starport-layer-bucket.s3.eu-west-1.amazonaws.com';
const asked = {
  registry: parseAddress(host)?.registry ?? assert.fail(),
  repository: 'team/app',
  reference: '1',
  principal: 'arn:aws:sts::123456789012:assumed-role/ci/session',
};
const of = (status: number, text: string, action = 'ecr:BatchGetImage') => diagnose({ status, text, action, host }, asked);

const taken: Own = { host, at: 'registry', said: `${host} answered 403`, isSilent: false, isRefused: true, login: 'taken' };

test('an answer is told by its words, and without words by its status', () => {
  const message =
    'User: arn:aws:sts::123456789012:assumed-role/ci/session is not authorized to perform: ecr:BatchGetImage on resource: arn:aws:ecr:eu-west-1:123456789012:repository/team/app because no identity-based policy allows the ecr:BatchGetImage action';
  assert.equal(of(403, JSON.stringify({ errors: [{ code: 'DENIED', message }] }))?.id, 'denied-identity');
  const expired = 'Your authorization token has expired. Reauthenticate and try again.';
  for (const status of [401, 403]) assert.equal(of(status, expired)?.id, 'token-expired');
  assert.equal(of(401, 'Not Authorized\n', 'none')?.id, 'password-refused');
  assert.equal(of(200, ''), undefined);
  assert.equal(of(307, ''), undefined);
});

test('where somebody else pulls, the text says whose policies count', () => {
  const message = `User: ${asked.principal} is not authorized to perform: ecr:BatchGetImage on resource: *`;
  const told = diagnose({ status: 403, text: message, action: 'ecr:BatchGetImage', host }, { ...asked, puller: 'node-1' });
  assert.match(told?.sentence ?? '', /token belongs to role ci in account 123456789012.*those of node-1 do not/);
});

test('an answer that nobody gave on purpose is told as such', () => {
  assert.equal(of(403, '<!DOCTYPE html><html>blocked</html>')?.id, 'not-aws-answers');
  assert.equal(of(503, '')?.id, 'registry-down');
  assert.equal(of(429, '{"errors":[{"code":"TOOMANYREQUESTS","message":"Rate exceeded"}]}')?.id, 'registry-throttled');
});

test('what is not there may be a refusal to a pull-through cache: both are said, with the command for the rights', () => {
  const message = "The repository with name 'docker-hub/library/nginx' does not exist in the registry with id '123456789012'";
  const name = of(404, JSON.stringify({ errors: [{ code: 'NAME_UNKNOWN', message }] }));
  assert.equal(name?.id, 'repository-missing');
  assert.match(
    name?.sentence ?? '',
    /no repository docker-hub\/library\/nginx in account 123456789012.*Under the prefix of a pull-through cache/,
  );
  const image = of(404, '{"errors":[{"code":"MANIFEST_UNKNOWN","message":"Requested image not found"}]}');
  assert.equal(image?.id, 'image-missing');
  // Usually the name is mistyped, and then no policy helps.
  for (const { paste = [] } of [name ?? assert.fail(), image ?? assert.fail()]) {
    assert.ok(paste.every(({ kind }) => kind === 'command'));
    assert.match(paste.at(-1)?.text ?? '', new RegExp(`^ecr-courier policy cache ${host}/\\S+:1 --for ${asked.principal}$`));
  }
});

test('whoever asked ECR in the place of the source is the one whose rights count', () => {
  const { principal: _unknown, ...others } = asked;
  const whose = 'the role of the function ecr-token';
  const told = diagnose({ status: 403, text: '', action: 'ecr:BatchGetImage', host, own: taken }, { ...others, whose });
  assert.match(told?.side ?? '', /identity policy of the role of the function ecr-token/);
  assert.match(told?.paste?.[0]?.what ?? '', /^Statement for the identity policy of the role of the function ecr-token$/);
  assert.doesNotMatch(JSON.stringify(told), /the AWS identity that asked/);
});

test('a refusal to a token that was taken before names the right, and nothing that is excluded', () => {
  const refused = (action: string) => diagnose({ status: 403, text: '', action, host, own: taken }, asked);
  const { sentence = '', remedy = '', side = '', paste } = refused('ecr:BatchGetImage') ?? {};
  assert.doesNotMatch(`${sentence} ${remedy}`, /HEAD|too old|region|[Ll]og in/);
  assert.match(sentence, /took the token at GET \/v2\/, and refuses ecr:BatchGetImage/);
  assert.match(side, /identity policy of role ci in account 123456789012.*VPC endpoint/);
  assert.match(paste?.[0]?.text ?? '', /"ecr:BatchGetImage"/);
  const door = of(403, '', 'none');
  assert.equal(door?.id, 'login-forbidden');
  assert.match(door?.sentence ?? '', /needs no action of IAM/);
  assert.ok(door?.paste?.every(({ kind }) => kind === 'command'));
  assert.deepEqual(refused('none')?.paste, []);
});

test('an identity of another partition is named as the cause', () => {
  const principal = 'arn:aws-cn:iam::123456789012:user/ci';
  for (const status of [401, 403])
    assert.match(
      diagnose({ status, text: '', action: 'none', host }, { ...asked, principal })?.sentence ?? '',
      /partition aws-cn, and .* is in aws:/,
    );
});

const own = { host, at: 'registry', said: `${host} answered 403 (Not Authorized)`, isSilent: false } as const;
const ours = (of: Partial<Own>, status = 403, text = '') => diagnose({ status, text, action: 'none', host, own: { ...own, ...of } }, asked);

test('a silence is told by who was silent', () => {
  const said = `${host} gave no answer within 15 s.`;
  const silent = ours({ isSilent: true, said, remedy: 'Wait.' }, 0);
  assert.deepEqual([silent?.id, silent?.remedy], ['registry-unreachable', 'Wait.']);
  assert.equal(silent?.sentence, `${host} could not be asked: ${said}`);
  assert.equal(ours({ isSilent: true, said, at: 'store', host: store }, 0)?.id, 'layers-unreachable');
});

test('a refusal of the store names its bucket in the statement, whatever its words are', () => {
  const text = 'Your authorization token has expired. Reauthenticate and try again.';
  const refused = ours({ at: 'store', host: store, isRefused: true }, 403, text);
  assert.equal(refused?.id, 'layers-refused');
  assert.match(refused?.paste?.[0]?.text ?? '', /arn:aws:s3:::prod-eu-west-1-starport-layer-bucket\/\*/);
  assert.equal(ours({ at: 'store', host: store }, 500)?.id, 'answer-unknown');
});

test('what was shown counts for more than the words of the refusal', () => {
  const text = 'Not Authorized';
  assert.equal(ours({}, 401, text)?.id, 'password-refused');
  assert.equal(ours({ login: 'none' }, 403, text)?.id, 'nobody-refused');
  assert.equal(ours({ login: 'fresh' }, 401, text)?.id, 'token-fresh-refused');
  const given = ours({ login: { words: 'the file /run/token', renew: 'Write a new one.' } }, 401, text);
  assert.match(given?.sentence ?? '', /token that comes from the file \/run\/token/);
  assert.deepEqual([given?.id, given?.remedy], ['token-given-refused', 'Write a new one.']);
});

test('an answer of our own that no row knows is quoted, and nothing is guessed', () => {
  const told = ours({ said: `${host} answered with something that is not a manifest` }, 200);
  assert.deepEqual([told?.id, told?.sentence], ['answer-unknown', `${host} answered with something that is not a manifest.`]);
  assert.equal(ours({}, 418)?.id, 'answer-unknown');
});

test('an image of a list is told of the list, also at ECR Public, which knows neither caches nor these rights', () => {
  const text = '{"errors":[{"code":"MANIFEST_UNKNOWN","message":"Requested image not found"}]}';
  const listed = { ...own, list: '1', login: 'taken' } as const;
  const at = (name: string) => parseAddress(name)?.registry ?? assert.fail();
  const open = 'public.ecr.aws';
  const answer = { status: 404, text, action: 'none', host: open, own: { ...listed, host: open } };
  const inPublic = diagnose(answer, { ...asked, registry: at(open) });
  assert.match(inPublic?.sentence ?? '', /^The list 1 is there/);
  assert.doesNotMatch(JSON.stringify(inPublic), /cache|aws ecr/);
  const inPrivate = diagnose({ status: 404, text, action: 'ecr:BatchGetImage', host, own: listed }, asked);
  assert.match(inPrivate?.sentence ?? '', /Under the prefix of a pull-through cache/);
  assert.equal(inPrivate?.paste?.length, 1);
});
