import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { encodedLogin } from '../../../../adapters/common/swarm/engine.ts';
import { isPinned, readService, readWholeService } from '../../../../adapters/common/swarm/service.ts';

const image = '111111111111.dkr.ecr.eu-west-1.amazonaws.com/shop/web:1';
/** A Spec as an engine writes it: in its own order, with Go's escapes and members that the adapter does not know. */
const spec = String.raw`{"Name":"web","Labels":{"b":"\u003ctwo\u003e","a":"one"},"TaskTemplate":{"ContainerSpec":{"Image":"${image}","Env":["Ü=\ud83d\ude80","Spec={\"Spec\":1}"],"StopGracePeriod":10000000000},"Resources":{"Limits":{"MemoryBytes":9007199254740993}},"ForceUpdate":18446744073709551615,"Later":{"Spec":{}}},"Mode":{"Replicated":{"Replicas":2}},"EndpointSpec":{"Mode":"vip"}}`;
const answer = (more = '') =>
  `{"ID":"s1","Version":{"Index":17},"CreatedAt":"2026-01-01T00:00:00Z","UpdatedAt":"2026-01-02T03:04:05.678901234Z","Spec":${spec}${more},"Endpoint":{"Spec":{"Mode":"vip"}}}`;

describe('a service', () => {
  test('goes back byte by byte: the Spec is cut out of the answer, and never written anew', () => {
    const service = readWholeService(answer(`,"PreviousSpec":{"Name":"web","Spec":"no"}`));
    assert.equal(service?.text, spec);
    assert.notEqual(JSON.stringify(JSON.parse(spec)), spec, 'what is parsed and written again is another text');
  });

  test('is read without what is not needed of it', () => {
    const service = readWholeService(answer());
    const { text, spec: digest, ...rest } = service ?? assert.fail();
    assert.equal(text, spec);
    assert.match(digest, /^[0-9a-f]{12}$/);
    assert.deepEqual(rest, {
      id: 's1',
      name: 'web',
      version: 17,
      image,
      isJob: false,
      mayEnd: false,
      replicas: 2,
      labels: { a: 'one', b: '<two>' },
      containerLabels: {},
      rollout: '',
      rolledAt: Number.NaN,
      writtenAt: Date.parse('2026-01-02T03:04:05.678Z'),
      madeAt: Date.UTC(2026, 0, 1),
      previous: 'none',
    });
  });

  test('tells whether a rollback would come to the same Spec', () => {
    assert.equal(readWholeService(answer(`,"PreviousSpec":${spec}`))?.previous, 'same');
    assert.equal(readWholeService(answer(`,"PreviousSpec":${spec.replace('web:1', 'web:0')}`))?.previous, 'other');
  });

  test('may be a job, or run no container at all', () => {
    const service = (mode: object, template: object) =>
      readService({ ID: 's1', Version: { Index: 1 }, Spec: { Name: 'x', Mode: mode, TaskTemplate: template } });
    assert.equal(service({ ReplicatedJob: {} }, {})?.isJob, true);
    assert.equal(service({ GlobalJob: null }, {})?.isJob, true);
    assert.equal(service({ Global: {} }, {})?.isJob, false);
    assert.equal(service({}, { PluginSpec: { Remote: 'x' } })?.image, '');
  });

  test('may have tasks that Swarm does not start again', () => {
    const ends = (RestartPolicy?: object) =>
      readService({ ID: 's1', Version: { Index: 1 }, Spec: { Name: 'x', TaskTemplate: { RestartPolicy } } })?.mayEnd;
    for (const policy of [{ Condition: 'none' }, { Condition: 'on-failure' }, { Condition: 'any', MaxAttempts: 3 }])
      assert.equal(ends(policy), true);
    for (const policy of [undefined, {}, { Condition: 'any', MaxAttempts: 0 }]) assert.equal(ends(policy), false);
  });

  test('is not taken from an answer that is none', () => {
    for (const value of [null, [], 'x', 1, {}, { ID: 's1' }, { ID: 's1', Version: { Index: '1' }, Spec: { TaskTemplate: {} } }])
      assert.equal(readService(value), undefined, JSON.stringify(value));
    assert.equal(readWholeService('{"message":"no such service"}'), undefined);
    assert.equal(readWholeService(`${answer().slice(0, -1)},"Spec":${spec}}`), undefined, 'nobody knows which of two counts');
    assert.throws(() => readWholeService('<html>'));
  });
});

test('an image that names its digest is the same on every node', () => {
  assert.equal(isPinned({ image: `${image}@sha256:00` }), true);
  assert.equal(isPinned({ image }), false);
});

test('a login is in base64 for URLs with its padding, as engines take an undecodable one without a word', () => {
  for (const length of [0, 1, 2, 3]) {
    const login = { username: 'AWS', password: `${'>?~\u00fb\u00ff'.repeat(9)}${'x'.repeat(length)}`, serveraddress: 'h' };
    const encoded = encodedLogin(login);
    assert.match(encoded, /^[\w-]+={0,2}$/);
    assert.equal(encoded.length % 4, 0);
    assert.deepEqual(JSON.parse(Buffer.from(encoded, 'base64url').toString()), login);
  }
});
