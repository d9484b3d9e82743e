import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  endpointStatement,
  identityStatement,
  repositoryStatement,
  resourceStatement,
  rights,
  rightsFor,
  trustStatement,
  webIdentityTrustStatement,
} from '../../src/refusals/statements.ts';

const app = 'arn:aws:ecr:eu-west-1:123456789012:repository/team/app';
const role = 'arn:aws:iam::210987654321:role/ci/puller';
const session = 'arn:aws:sts::210987654321:assumed-role/puller/i-0123';

test('a statement of an identity names actions and repositories; a token knows all resources alone', () => {
  assert.deepEqual(identityStatement(rights.pull, [app]), {
    Sid: 'Pull',
    Effect: 'Allow',
    Action: ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
    Resource: app,
  });
  assert.equal(identityStatement(rights.token, [app]).Resource, '*');
  assert.equal(identityStatement(rights.publicToken, [app]).Resource, '*');
  assert.deepEqual(identityStatement(rights.import, [app, `${app}2`]).Resource, [app, `${app}2`]);
});

test('a denied action leads to the narrowest job that it belongs to', () => {
  const jobs = ['ecr:BatchGetImage', 'ecr:PutImage', 'ecr:BatchImportUpstreamImage', 'sts:GetServiceBearerToken', 'lambda:InvokeFunction'];
  assert.deepEqual(
    jobs.map(action => rightsFor(action).name),
    ['Pull', 'Push', 'ImportUpstream', 'FetchPublicToken', 'InvokeFunction'],
  );
  // Readers need this action too, but no right to push.
  assert.deepEqual(rightsFor('ecr:BatchCheckLayerAvailability').actions, ['ecr:BatchCheckLayerAvailability']);
  assert.deepEqual(rightsFor('ecr:ListImages'), { name: 'ListImages', actions: ['ecr:ListImages'] });
});

test('a repository lets in roles and accounts, and has no resource of its own', () => {
  assert.deepEqual(repositoryStatement(rights.pull, [role, '210987654321', '210987654321']), {
    Sid: 'Pull',
    Effect: 'Allow',
    Principal: { AWS: [role, 'arn:aws:iam::210987654321:root'] },
    Action: ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
  });
});

test('a role that is known by its session is let in whatever its path is', () => {
  const { Principal, Condition } = repositoryStatement(rights.pull, [session]);
  assert.deepEqual(Principal, { AWS: 'arn:aws:iam::210987654321:root' });
  assert.deepEqual(Condition, {
    ArnLike: { 'aws:PrincipalArn': ['arn:aws:iam::210987654321:role/puller', 'arn:aws:iam::210987654321:role/*/puller'] },
  });
  const mixed = repositoryStatement(rights.pull, [session, '111111111111', role]).Condition?.['ArnLike']?.['aws:PrincipalArn'];
  assert.deepEqual(mixed?.slice(2), ['arn:aws:iam::111111111111:*', role]);
});

test('a registry, an endpoint and a function name both sides', () => {
  const allowed = resourceStatement(rights.create, [role], [app]);
  assert.deepEqual([allowed.Principal, allowed.Resource], [{ AWS: role }, app]);
  assert.equal(endpointStatement(rights.pull, [app]).Principal, '*');
});

test('a role is assumed with an external id, and by sessions', () => {
  assert.deepEqual(trustStatement(rights.assume, [role], 'blue'), {
    Sid: 'AssumeRole',
    Effect: 'Allow',
    Principal: { AWS: role },
    Action: 'sts:AssumeRole',
    Condition: { StringEquals: { 'sts:ExternalId': 'blue' } },
  });
  assert.deepEqual(Object.keys(trustStatement(rights.assume, [session], 'blue').Condition ?? {}), ['ArnLike', 'StringEquals']);
  assert.equal(trustStatement(rights.assume, [role]).Condition, undefined);
});

test('a service account is told by issuer, subject and audience', () => {
  const provider = 'arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABC';
  const made = webIdentityTrustStatement({ provider, subject: 'system:serviceaccount:web:app', audience: 'sts.amazonaws.com' });
  assert.deepEqual(made.Principal, { Federated: provider });
  assert.deepEqual(made.Condition, {
    StringEquals: {
      'oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub': 'system:serviceaccount:web:app',
      'oidc.eks.eu-west-1.amazonaws.com/id/ABC:aud': 'sts.amazonaws.com',
    },
  });
});
