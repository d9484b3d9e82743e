import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { codesOf, host, only } from '../rig.ts';
import { charts, made, namespace, rig } from './rig.ts';

describe('a repository that is kept', () => {
  const forms: readonly (readonly [string, object, readonly string[]])[] = [
    ['Helm charts', made('one', charts(`${host}/charts`)), []],
    ['OCI artifacts', made('one', charts(`oci://${host}/charts`, 'old', { type: 'oci', enableOCI: 'false' })), []],
    ['https://', made('one', charts(`https://${host}/charts`)), ['NO_CHARTS_THERE']],
    ['no type', made('one', charts(`${host}/charts`, 'old', { type: '' })), ['TYPE_UNFIT']],
    ['git', made('one', charts(`${host}/charts`, 'old', { type: 'git' })), ['TYPE_UNFIT']],
    ['helm without OCI', made('one', charts(`${host}/charts`, 'old', { enableOCI: 'false' })), ['TYPE_UNFIT']],
    ['a slash at the end', made('one', charts(`${host}/charts/`)), ['URL_UNFIT']],
    ['a slash behind the host', made('one', charts(`${host}/`)), ['URL_UNFIT']],
    ['a capital letter in the path', made('one', charts(`${host}/Charts`)), ['URL_UNFIT']],
    ['capital letters in the host', made('one', charts(`${host.toUpperCase()}:443/team/a.b_c-d__e.git`)), []],
    ['a slash at the end of oci://', made('one', charts(`oci://${host}/a/`, 'old', { type: 'oci' })), ['URL_UNFIT']],
    ['oci:// with a host alone', made('one', charts(`oci://${host}`, 'old', { type: 'oci' })), ['URL_UNFIT']],
    ['no name', made('one', charts(`${host}/charts`, 'old', { name: '' })), ['NAME_MISSING']],
    ['OCI artifacts without a name', made('one', charts(`oci://${host}/a`, 'old', { type: 'oci', name: '' })), []],
    ['credentials without a name', made('one', charts(`${host}/a/`, 'old', { name: '' }), {}, 'repo-creds'), []],
    ...['yes', 'tRue', ' true', 'true\n', ''].map(
      enableOCI =>
        [`OCI as ${JSON.stringify(enableOCI)}`, made('one', charts(`${host}/a`, 'old', { enableOCI })), ['SETTING_UNREADABLE']] as const,
    ),
    ...['1', 't', 'TRUE', 'True'].map(
      enableOCI => [`OCI as ${enableOCI}`, made('one', charts(`${host}/a`, 'old', { enableOCI })), []] as const,
    ),
    ['a depth in words', made('one', charts(`${host}/a`, 'old', { depth: 'one' })), ['SETTING_UNREADABLE']],
    ['unreadable credentials', made('one', charts(`${host}/`, 'old', { enableOCI: 'yes' }), {}, 'repo-creds'), ['SETTING_UNREADABLE']],
    ['credentials with what only repositories have', made('one', charts(`${host}/`, 'old', { depth: 'one' }), {}, 'repo-creds'), []],
    ['oci:// as helm', made('one', charts(`oci://${host}/charts`)), ['TYPE_UNFIT']],
    ['credentials for a host without a slash', made('one', charts(host), {}, 'repo-creds'), ['OPEN_END']],
    ['credentials for a host with a slash', made('one', charts(`${host}/`), {}, 'repo-creds'), []],
    ['a repository at the host alone', made('one', charts(host)), []],
  ];
  for (const [what, object, codes] of forms)
    test(`${what}: ${codes.join() || 'nothing'}, and the login is kept`, async () => {
      await using t = await rig([object]);
      const slot = only((await t.discover()).slots);
      assert.deepEqual([codesOf(slot.findings), slot.registries.length], [codes, 1]);
    });
});

describe('a repository that inherits', () => {
  const template = made('all', charts(`${host}/`), {}, 'repo-creds');
  const heir = (more: object) => made('one', { url: `${host}/charts`, type: 'helm', enableOCI: 'true', ...more });
  const unreadable = { url: `${host}/charts`, type: 'helm', enableOCI: 'yes' };
  const labels = { 'argocd.argoproj.io/secret-type': 'repository' };
  const annotations = { 'ecr-courier/enabled': 'false' };
  const heirs: readonly (readonly [string, object, readonly string[]])[] = [
    ['without a name, has the login of the credentials for dependencies as well', heir({}), []],
    ['and sends it unencrypted, is told', heir({ insecureOCIForceHttp: 'true' }), ['PLAIN_TRANSPORT']],
    ['and is refused by Argo CD, is told', heir({ enableOCI: 'yes' }), ['SETTING_UNREADABLE']],
    ['from a URL with a slash at the end, is told', heir({ url: `${host}/charts/` }), ['URL_UNFIT']],
    ['but is opted out, is not told', made('one', unreadable, { metadata: { name: 'one', namespace, labels, annotations } }), []],
  ];
  for (const [what, object, codes] of heirs)
    test(what, async () => {
      await using t = await rig([template, object]);
      const { slots, findings } = await t.discover();
      assert.deepEqual([slots.length, codesOf(findings)], [1, codes]);
    });

  test('with a login of its own and no name, gets no finding under credentials for its URL', async () => {
    await using t = await rig([template, made('one', charts(`${host}/charts`, 'old', { name: '' }))]);
    assert.deepEqual(
      (await t.discover()).slots.flatMap(({ findings }) => codesOf(findings)),
      [],
    );
  });
});
