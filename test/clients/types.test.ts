import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Client } from '../../src/clients/client.ts';
import { predict } from '../../src/clients/predict.ts';
import { type ClientId, clients } from '../../src/clients/rules.ts';
import { host, image } from './measured.ts';

/**
 * What became of the good login of a host beside a value of a wrong type, as seen running in November 2026: docker
 * 28.2.2 with a stand-in engine, crane 0.22.1, oras 1.3.6, regctl 0.11.7 and skopeo 1.9.3 with a registry, docker-py
 * 7.1.0 as a library.
 */
const columns = ['docker28', 'crane', 'oras', 'regctl', 'skopeo19', 'dockerpy'] as const satisfies readonly ClientId[];
const beside = {
  '"a":{"auth":5}': 'y FAIL y - FAIL FAIL',
  '"a":"str"': 'y FAIL y - FAIL FAIL',
  '"a":[]': 'y FAIL y - FAIL FAIL',
  '"a":null': 'y y y y y FAIL',
  '"a":{"auth":null}': 'y y y y y FAIL',
  '"a":{"identitytoken":1}': 'y FAIL y - FAIL y',
  '"a":{"username":5}': 'y FAIL y - y y',
  '"a":{"email":5}': 'y y y y y y',
  '"a":{"serveraddress":5}': 'y FAIL y - y y',
  '"a":{"registrytoken":5}': 'y FAIL y - y y',
  '"a":{"other":5}': 'y y y y y y',
};
const members = {
  '"credHelpers":{"x":5}': 'y FAIL FAIL - FAIL y',
  '"credHelpers":[]': 'y FAIL FAIL - FAIL y',
  '"credHelpers":null': 'y y y y y y',
  '"credsStore":7': 'y FAIL FAIL - y FAIL',
  '"credsStore":null': 'y y y y y y',
  '"HttpHeaders":[]': 'y FAIL y - y y',
  '"HttpHeaders":{"a":5}': 'y FAIL y - y y',
  '"proxies":"x"': 'y FAIL y - y y',
  '"proxies":{"default":{"httpProxy":5}}': 'y FAIL y - y y',
  '"plugins":[]': 'y FAIL y y y y',
  '"plugins":{"a":{"b":5}}': 'y FAIL y y y y',
  '"psFormat":1': 'y FAIL y y y y',
  '"detachKeys":5': 'y FAIL y - y y',
  '"aliases":[]': 'y FAIL y y y y',
  '"features":{"a":true}': 'y FAIL y y y y',
  '"pruneFilters":"x"': 'y FAIL y y y y',
  '"cliPluginsExtraDirs":"x"': 'y FAIL y y y y',
  '"experimental":5': 'y y y y y y',
  '"unknown":1': 'y y y y y y',
};
const good = `"${host}":{"auth":"QVdTOmdvb2Q="}`;
const texts = [
  ...Object.entries(beside).map(([entry, seen]) => [`{"auths":{${good},${entry}}}`, seen] as const),
  ...Object.entries(members).map(([member, seen]) => [`{"auths":{${good}},${member}}`, seen] as const),
  [`{"auths":{"${host}":5}}`, '- FAIL FAIL - FAIL FAIL'],
  [`{"auths":{"${host}":{"auth":5}}}`, '- FAIL FAIL - FAIL FAIL'],
  [`{"auths":{"${host}":{"auth":"QVdTOmdvb2Q=","username":5}}}`, 'y FAIL FAIL - y y'],
  ['{"auths":null}', '- - - - : -'],
  ['{"auths":[]}', '- FAIL FAIL - FAIL -'],
] as const;

const inShort = { login: 'y', nothing: '-', 'empty login': ':', fails: 'FAIL' } as const;

test('values of a wrong type: every client is predicted as it was measured', () => {
  for (const [text, seen] of texts) {
    const sent = columns.map(id => {
      const client: Client = clients[id];
      const [first] = predict(client, { text, image, helper: () => 'login', listed: () => false });
      return first && first.kind in inShort ? inShort[first.kind as keyof typeof inShort] : first?.kind;
    });
    assert.equal(sent.join(' '), seen, text);
  }
});
