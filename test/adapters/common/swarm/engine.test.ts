import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Door, openEngine } from '../../../../adapters/common/swarm/engine.ts';
import type { WholeService } from '../../../../adapters/common/swarm/service.ts';
import { Failure } from '../../../../src/contract/failures.ts';
import type { Answer, HttpRequest } from '../../../../src/contract/http.ts';
import { soon } from '../../rig.ts';

interface Said {
  readonly status?: number;
  readonly text?: string;
  /** The `api-version` header; the response has none if this is empty. */
  readonly api?: string;
}
/** Opens an engine that answers every request with this response, and records the requests. */
function door({ status = 200, text = '{"Warnings":null}', api = '1.47' }: Said, versions: Door['versions'] = 'named') {
  const asked: (readonly [string, string, HttpRequest])[] = [];
  const headers = new Map(api === '' ? [] : [['api-version', api]]);
  const answer: Answer = { status, headers, text, json: <T>() => JSON.parse(text) as T };
  const engine = openEngine({
    versions,
    ask: async (...call) => {
      asked.push(call);
      return answer;
    },
    refused: ({ status: refused }) => new Failure('REJECTED', String(refused)),
  });
  return { engine, asked };
}
const spec = '{"Name":"web", "TaskTemplate":{}}';
const service = { id: 's1', name: 'web', version: 17, text: spec } as WholeService;

describe('an update', () => {
  test('is the Spec as it came, the version that it replaces, the login, and the version of the API in which it came', async () => {
    const { engine, asked } = door({});
    assert.equal(await engine.update(service, '1.47', 'login', soon()), 'written');
    const [method, path, { json, headers, body }] = asked[0] ?? assert.fail();
    assert.deepEqual([method, path, json, body], ['POST', '/v1.47/services/s1/update?version=17', spec, undefined]);
    assert.deepEqual(headers, { 'X-Registry-Auth': 'login' });
  });

  test('names no version of the API where what stands in between knows none', async () => {
    const { engine, asked } = door({}, 'unnamed');
    await engine.update(service, '', 'login', soon());
    assert.equal(asked[0]?.[1], '/services/s1/update?version=17');
  });

  test('of an older version is stale, and nothing else is', async () => {
    const stale = '{"message":"rpc error: code = Unknown desc = update out of sequence"}';
    assert.equal(await door({ status: 500, text: stale }).engine.update(service, '1.47', 'login', soon()), 'stale');
    await assert.rejects(door({ status: 409, text: stale }).engine.update(service, '1.47', 'l', soon()), { code: 'REJECTED' });
    await assert.rejects(door({ status: 500, text: '{"message":"no"}' }).engine.update(service, '1.47', 'l', soon()), { code: 'REJECTED' });
  });

  test('that is answered with a success of somebody else has failed', async () => {
    for (const text of ['{"error":"log in"}', 'null', '[]', '"Warnings"'])
      await assert.rejects(door({ text }).engine.update(service, '1.47', 'l', soon()), { code: 'UNEXPECTED' }, text);
  });

  test('is rehearsed with a version that no service has, and without a login', async () => {
    const { engine, asked } = door({ status: 500, text: 'update out of sequence' });
    await engine.rehearse(service, '1.47', soon());
    const [, path, { reads, headers }] = asked[0] ?? assert.fail();
    assert.deepEqual([path, reads, headers], ['/v1.47/services/s1/update?version=0', true, undefined]);
    for (const status of [200, 403, 500])
      await assert.rejects(door({ status }).engine.rehearse(service, '1.47', soon()), { code: 'REJECTED' });
  });
});

describe('the version of the API', () => {
  const told = (api: string, versions: Door['versions'] = 'named') =>
    door({ api, text: `{"ID":"s1","Version":{"Index":1},"Spec":${spec}}` }, versions).engine.service('s1', soon());

  test('is the engine’s own: nothing is asked in another one', async () => {
    const { engine, asked } = door({ text: '[]' });
    await engine.eachService(() => undefined, soon());
    assert.equal(asked[0]?.[1], '/services');
    assert.equal((await told('1.41')).api, '1.41');
  });

  test('is at least that in which an update of the login restarts nothing', async () => {
    for (const old of ['1.29', '1.9', '0.99']) await assert.rejects(told(old), { code: 'MISCONFIGURED' }, old);
    for (const fine of ['1.30', '1.51', '2.0']) assert.equal((await told(fine)).api, fine);
    await assert.rejects(told('1.29', 'unnamed'), { code: 'MISCONFIGURED' });
  });

  test('must be told where it is named in what is written', async () => {
    for (const none of ['', 'x', '1']) await assert.rejects(told(none), { code: 'UNEXPECTED' });
    assert.equal((await told('', 'unnamed')).api, '');
  });
});

test('another service than the one that was asked for is none', async () => {
  const { engine } = door({ text: `{"ID":"s2","Version":{"Index":1},"Spec":${spec}}` });
  await assert.rejects(engine.service('s1', soon()), { code: 'UNEXPECTED' });
});
