import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { mistakesOf, read } from './support.ts';

const directory = join(import.meta.dirname, 'invalid');

/** The exact messages for each file in `invalid`, which contains one mistake. */
const expected: Readonly<Record<string, readonly string[]>> = {
  'account-length': ['sources.prod.accounts: entry 2 must be 12 digits in quotes (account-length.yaml:3:15)'],
  'account-number': [
    'sources.prod.accounts: entry 1 must be 12 digits in quotes: without quotes YAML reads a number and drops a leading zero (account-number.yaml:3:15)',
  ],
  'alias-as-password': [
    'alias-as-password.yaml:4:13: anchors, aliases and tags are not read here: put a value that begins with & * or ! in quotes',
    'targets.depot: needs apiKey, or username and password (alias-as-password.yaml:2:5)',
  ],
  'alias-host': ['aliases[0].host: must be a bare host name in lower case, as image names spell it (alias-host.yaml:2:11)'],
  'alias-registry': ['aliases[0].registry: must be the host of an ECR registry (alias-registry.yaml:3:15)'],
  'alias-twice': ['aliases[1].host: this host has an alias already at alias-twice.yaml:2:5 (alias-twice.yaml:3:5)'],
  'anchor-as-password': [
    'anchor-as-password.yaml:4:28: anchors, aliases and tags are not read here: put a value that begins with & * or ! in quotes',
    'targets.depot: needs apiKey, or username and password (anchor-as-password.yaml:2:5)',
  ],
  boolean: ['targets.depot.insecureSkipVerify: must be true or false (also yes, no, on, off, 1, 0) (boolean.yaml:2:87)'],
  'colon-in-password': ['colon-in-password.yaml:4:13: is not YAML or JSON: a value contains a colon and a blank: put it in quotes'],
  verify: [
    'targets.depot.verify: entry 2 must be an ECR image, such as 123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app:1 (verify.yaml:2:75)',
    'targets.depot.verify: entry 3 must be an ECR image, such as 123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app:1 (verify.yaml:2:75)',
  ],
  window: ['targets.depot.window: must be a cron pattern: it never comes true (window.yaml:2:55)'],
  cron: ['discovery.cron: must be a cron pattern: it never comes true (cron.yaml:2:9)'],
  'dotted-key': ['targets.depot: depot.url is not known here (dotted-key.yaml:5:5)'],
  'duplicate-key': ['duplicate-key.yaml:3:3: is not YAML or JSON: the same key twice in one map'],
  'empty-document-list': ['empty-document-list.yaml:1:1: must be a map with sources, targets and so on'],
  'external-id-alone': ['sources.default: externalId goes with roleArn: set that too (external-id-alone.yaml:2:5)'],
  fingerprint: [
    'targets.depot.tlsFingerprint: must be a SHA-256 fingerprint: 64 hex digits, with or without colons (fingerprint.yaml:2:83)',
  ],
  'group-as-list': ['server: must be a map of options (group-as-list.yaml:2:3)'],
  'kind-missing': ['targets[0].kind: must be set: one of depot (kind-missing.yaml:2:5)'],
  'kind-unknown': ['targets[0].kind: is deport and must be one of depot: did you mean depot? (kind-unknown.yaml:2:11)'],
  'list-in-secret': ['targets.depot.apiKey: must be one value, not a list (list-in-secret.yaml:4:13)'],
  'listen-port': ['server.listen: must be host:port, such as 127.0.0.1:8080 or [::1]:8080 (listen-port.yaml:2:11)'],
  listen: ['server.listen: must be host:port, such as 127.0.0.1:8080 or [::1]:8080 (listen.yaml:2:11)'],
  'log-level': ['log.level: is verbose and must be one of debug, info, warn, error (log-level.yaml:2:10)'],
  'login-half': ['targets.depot: needs apiKey, or username and password: password is missing (login-half.yaml:2:5)'],
  'login-missing': ['targets.depot: needs apiKey, or username and password (login-missing.yaml:2:5)'],
  'map-in-secret': ['targets.depot.apiKey: must be secret text, not a map (map-in-secret.yaml:5:7)'],
  'name-twice': ['targets.north: this name is taken already at name-twice.yaml:2:25 (name-twice.yaml:3:25)'],
  name: ['targets[0].name: must be a name of at most 63 letters, digits, dots, dashes and underscores (name.yaml:2:25)'],
  'not-closed': ['not-closed.yaml:2:1: is not YAML or JSON: something is not closed: a quote, a bracket or a brace, or a colon is missing'],
  'number-range': ['engine.tickSeconds: must be a whole number from 1 to 300 (number-range.yaml:2:16)'],
  'number-whole': ['engine.tickSeconds: must be a whole number from 1 to 300 (number-whole.yaml:2:16)'],
  number: ['targets.depot.concurrency: must be a whole number from 1 to 64 (number.yaml:2:80)'],
  'plain-http': [
    'targets.depot.url: is plain http: whoever is in between can read key and tokens. Use https, or allow it with DEPOT_ALLOW_HTTP=true or `allowHttp: true` in a file (plain-http.yaml:2:24)',
    'targets.north.url: is plain http: whoever is in between can read key and tokens. Use https, or allow it with `allowHttp: true` in a file (plain-http.yaml:3:37)',
  ],
  proto: [
    'proto.yaml:1:1: __proto__ is not known here',
    'targets.depot: __proto__ is not known here (proto.yaml:7:5)',
    'targets.depot: constructor is not known here (proto.yaml:8:5)',
  ],
  registry: [
    'targets.depot.registries: entry 2 must be the host of an ECR registry, such as 123456789012.dkr.ecr.eu-west-1.amazonaws.com, or own (registry.yaml:2:79)',
  ],
  'reserved-character': [
    'reserved-character.yaml:4:13: is not YAML or JSON: a value begins with a character that YAML keeps for itself: put it in quotes',
  ],
  'place-in-list': [
    'sources[0]: must be a map of options (place-in-list.yaml:2:5)',
    'targets[0]: must be a map of options (place-in-list.yaml:11:5)',
    'aliases[0]: must be a map of options (place-in-list.yaml:15:5)',
    'aliases[1].registry: must be set (place-in-list.yaml:16:5)',
    'sources[1].name: must be set (place-in-list.yaml:3:5)',
    'sources[1]: serves no registry: give it accounts, registries or slots, or name it default (place-in-list.yaml:3:5)',
    'sources.default.roles[0]: must be a map of options (place-in-list.yaml:6:9)',
    'sources.default.roles[1]: arn is not known here (place-in-list.yaml:7:9)',
    'sources.default.roles[1].roleArn: must be set (place-in-list.yaml:7:9)',
    'targets[1].kind: must be set: one of depot (place-in-list.yaml:12:5)',
  ],
  role: ['sources.default.roles[1].roleArn: must be the ARN of a role, such as arn:aws:iam::123456789012:role/courier (role.yaml:5:18)'],
  'secret-as-number': ['targets.depot.apiKey: must be text: put it in quotes (secret-as-number.yaml:2:54)'],
  'secret-lines': ['targets.depot.apiKey: must not contain line breaks or other control characters (secret-lines.yaml:4:13)'],
  'secret-twice': [
    'targets.depot.apiKey: is given twice: here and as apiKeyFile (secret-twice.yaml:5:17). Keep one (secret-twice.yaml:4:13)',
  ],
  'source-name-missing': ['sources[0].name: must be set (source-name-missing.yaml:2:5)'],
  'source-public': [
    'sources.default: default serves private registries: give the source for ECR Public another name (source-public.yaml:2:5)',
    'sources.public: accounts are of private registries: ECR Public has none in its host (source-public.yaml:4:5)',
  ],
  'source-serves-nothing': [
    'sources.prod: serves no registry: give it accounts, registries or slots, or name it default (source-serves-nothing.yaml:2:5)',
  ],
  tab: ['tab.yaml:2:1: is not YAML or JSON: a tab as indentation: YAML wants blanks'],
  'tag-as-password': [
    'tag-as-password.yaml:4:13: anchors, aliases and tags are not read here: put a value that begins with & * or ! in quotes',
  ],
  'targets-as-map': ['targets: must be a list: begin each entry with a dash (targets-as-map.yaml:2:3)'],
  'two-documents': ['two-documents.yaml:2:1: is not YAML or JSON: more than one document in a file: one is expected'],
  'bracket-not-closed': [
    'bracket-not-closed.yaml:2:1: is not YAML or JSON: a [ or { is not closed, or the lines up to its end are not indented more than the key',
  ],
  'brace-not-closed': [
    'brace-not-closed.yaml:3:1: is not YAML or JSON: a [ or { is not closed, or the lines up to its end are not indented more than the key',
  ],
  'unknown-key-far': ['targets.depot: colour is not known here (unknown-key-far.yaml:2:67)'],
  'unknown-key-is-a-secret': [
    'targets.depot: needs apiKey, or username and password (unknown-key-is-a-secret.yaml:2:5)',
    'targets.depot: holds a key that is not known here (not shown, as it may be part of a value) (unknown-key-is-a-secret.yaml:2:56)',
  ],
  'unknown-key': ['targets.depot: api_keyfile is not known here: did you mean apiKeyFile? (unknown-key.yaml:2:67)'],
  'unknown-top': ['unknown-top.yaml:1:1: target is not known here: did you mean targets?'],
  'url-blank': ['targets.depot.url: has a blank at its end. Remove it (url-blank.yaml:2:24)'],
  'url-control': ['targets.depot.url: must not contain line breaks or other control characters (url-control.yaml:2:24)'],
  'url-missing': ['targets.depot.url: must be set (url-missing.yaml:2:5)'],
  'url-query': ['targets.depot.url: must not contain a query (?) or fragment (#) (url-query.yaml:2:24)'],
  'url-scheme': ['targets.depot.url: must be a URL that begins with https:// or http:// (url-scheme.yaml:2:24)'],
  'url-userinfo': ['targets.depot.url: must not contain a user name or password: they have options of their own (url-userinfo.yaml:2:24)'],
};

test('every file of a mistake has its sentence here', async () => {
  const files = (await readdir(directory)).map(name => name.replace(/\.yaml$/, ''));

  assert.deepEqual(files.sort(), Object.keys(expected).sort());
});

for (const [name, sentences] of Object.entries(expected))
  test(`${name}: the mistake is told with its place, and no value is`, async () => {
    const told = await mistakesOf(
      read({
        files: [join(directory, `${name}.yaml`)],
        checkCron: pattern => (pattern === '@every 5m' || pattern === 'at night' ? 'it never comes true' : undefined),
      }),
    );

    assert.deepEqual(told, sentences);
    assert.doesNotMatch(told.join('\n'), /hunter2|k3y/);
  });

test('no name of a key reaches the prototype of all objects', async () => {
  await mistakesOf(read({ files: [join(directory, 'proto.yaml')] }));

  assert.equal('polluted' in {}, false);
});
