import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { loginIn } from './swarm/login.ts';
import { makeSwarm, type Swarm, startFakeSwarm } from './swarm.ts';

const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
const image = `${host}/team/app:v1`;
const spec = (more: object = {}, template: object = {}) => ({
  Name: 'web',
  TaskTemplate: { ContainerSpec: { Image: image }, RestartPolicy: { Condition: 'none' }, ...template },
  Mode: { Replicated: { Replicas: 2 } },
  ...more,
});
const login = (password: string) => ({ username: 'AWS', password });
const swarmWith = (services: Parameters<typeof makeSwarm>[0]) =>
  makeSwarm({ registries: [{ host, user: 'AWS', password: 'token-1', images: { 'team/app:v1': 'sha256:1' } }], ...services });
const web = (): Swarm => swarmWith({ services: [{ spec: spec(), login: login('token-1') }] });
const ids = (swarm: Swarm, state: string): string[] => swarm.service('web').tasks.flatMap(task => (task.state === state ? task.id : []));
const update = (swarm: Swarm, password: string, query = '') => {
  const { version, spec: body } = swarm.service('web');
  const header = Buffer.from(JSON.stringify(login(password))).toString('base64');
  const path = `/services/web/update?version=${version}${query}`;
  return swarm.answer({ method: 'POST', path, headers: { 'x-registry-auth': header }, body: Buffer.from(JSON.stringify(body)) });
};

test('it listens at a socket', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'courier-swarm-'));
  t.after(() => rm(folder, { recursive: true }));
  const socketPath = join(folder, 'docker.sock');
  await using swarm = await startFakeSwarm({ socket: socketPath });
  assert.equal(swarm.url, `unix://${socketPath}`);
  const answered = Promise.withResolvers<string>();
  request({ socketPath, path: '/_ping' }, response => void text(response).then(answered.resolve, answered.reject)).end();
  assert.equal(await answered.promise, 'OK');
});

test('the login of a service is told to tests, and to no request', () => {
  const swarm = web();
  assert.deepEqual(swarm.service('web').login, login('token-1'));
  assert.equal(update(swarm, 'token-2').status, 200);
  const { login: now, previousLogin } = swarm.service('web');
  assert.deepEqual([now?.password, previousLogin?.password], ['token-2', 'token-1']);
  for (const path of ['/services', '/services/web', '/tasks']) {
    const shown = String(swarm.answer({ method: 'GET', path, headers: {}, body: Buffer.alloc(0) }).text);
    assert.doesNotMatch(shown, /token-|RegistryAuth|PullOptions/);
    assert.doesNotMatch(shown, new RegExp(Buffer.from('token-2').toString('base64').slice(0, 6)));
  }
});

test('tasks that lose their machine come back with the login of now, or not at all', () => {
  const swarm = web();
  const first = ids(swarm, 'running');
  assert.equal(first.length, 2);
  swarm.rotate(host, 'token-2');
  swarm.reschedule('web');
  assert.equal(ids(swarm, 'rejected').length, 2);
  update(swarm, 'token-2');
  swarm.reschedule('web');
  assert.equal(ids(swarm, 'running').length > 0, true);
  assert.equal(
    ids(swarm, 'running').some(id => first.includes(id)),
    false,
  );
});

test('a node with a former image starts that, and says so in its log alone', () => {
  const swarm = web();
  swarm.retag(host, 'team/app:v1', 'sha256:2');
  swarm.rotate(host, 'token-2');
  swarm.deploy(spec({}, { ForceUpdate: 1, RestartPolicy: { Condition: 'none' } }));
  const { tasks } = swarm.service('web');
  assert.deepEqual(new Set(tasks.map(({ image: digest }) => digest)), new Set(['sha256:1']));
  assert.equal(swarm.node.log.length > 0, true);
});

test('knobs: a race, an engine that replaces tasks, one that loses members, a state', () => {
  const swarm = web();
  swarm.quirks.raced = 1;
  assert.equal(update(swarm, 'token-1').status, 500);
  const before = ids(swarm, 'running');
  assert.equal(update(swarm, 'token-1').status, 200);
  assert.deepEqual(ids(swarm, 'running'), before);
  swarm.quirks.restless = true;
  update(swarm, 'token-1');
  assert.notDeepEqual(ids(swarm, 'running'), before);
  swarm.quirks.loses = ['TaskTemplate.RestartPolicy'];
  update(swarm, 'token-1');
  assert.equal('RestartPolicy' in (swarm.service('web').spec['TaskTemplate'] as object), false);
  swarm.progress('web', 'paused');
  assert.equal(swarm.service('web').state, 'paused');
});

test('a login is what the engine can decode: base64 of URLs with its padding', () => {
  const of = (value: string): string => Buffer.from(value).toString('base64');
  assert.deepEqual(loginIn(of('{"Username":"AWS","PASSWORD":"p","x":1}')), login('p'));
  for (const header of ['', 'nonsense!', of('{}'), of('null'), of('{"username":"AWS","password":"p"}').slice(0, -1), '++//'])
    assert.equal(loginIn(header), undefined, header);
});
