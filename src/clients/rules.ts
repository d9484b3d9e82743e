/**
 * How registry clients find credentials in a config.json, measured in November 2026 with some 300 forms of the file for
 * each client. The results are in test/clients/, and a test holds these rules against every cell of them.
 */

import {
  common,
  docker,
  entryShapes,
  falsy,
  map,
  ofNames,
  type Shapes,
  scalar,
  strictText,
  strictTexts,
  text,
} from '../../adapters/docker-config/types.ts';
import type { Client, JsonRule, NestingRule, TypeRule } from './client.ts';

const goJson = {
  behind: 'ignored',
  blank: 'nothing',
  noMap: 'fails',
  nullFile: 'nothing',
  top: 'folded',
  entry: 'folded',
  twice: 'merged',
  replaced: 'matters',
  unknownTop: 'nothing',
  noNumbers: 'unparsable',
} as const satisfies JsonRule;
/** The rules of Go's other function for JSON. */
const wholeGoJson = { ...goJson, behind: 'unparsable', blank: 'unparsable' } as const satisfies JsonRule;
const scriptJson = {
  ...wholeGoJson,
  nullFile: 'fails',
  top: 'exact',
  entry: 'exact',
  twice: 'last',
  replaced: 'is nothing',
} as const satisfies JsonRule;
const javaJson = { ...scriptJson, behind: 'ignored', nullFile: 'nothing' } as const satisfies JsonRule;

/** encoding/json, maxNestingDepth. */
const goNesting = { deepest: 10_000, beyond: 'unparsable' } as const satisfies NestingRule;
/** Jackson 2.15 stops beyond that, older versions where the stack ends. */
const javaNesting = { deepest: 1000, beyond: 'not predicted' } as const satisfies NestingRule;
/** Python 3.11 stopped at 995; newer versions have another limit. The stack of the surrounding program counts too. */
const pythonNesting = { deepest: 500, beyond: 'not predicted' } as const satisfies NestingRule;
/** V8 and serde_json remember open lists and maps, or skip them, without a stack. */
const anyNesting = { deepest: Number.POSITIVE_INFINITY, beyond: 'unparsable' } as const satisfies NestingRule;

/** The types of docker/cli 29, from its source, and observed in crane, which loads files with it (go.mod). */
const dockerTypes = {
  top: { ...docker, auths: map },
  nullMap: 'is empty',
  entry: entryShapes,
  unknown: 'is passed over',
  entries: 'all',
  noMapEntry: 'is wrong',
  nullEntry: 'is empty',
  scalars: 'are nothing',
  wrong: 'fails',
} as const satisfies TypeRule;
const topOf = (...names: readonly (keyof typeof common)[]): Shapes => ({
  ...Object.fromEntries(names.map(name => [name, common[name]])),
  auths: map,
});
const javaTypes = {
  ...dockerTypes,
  top: {},
  entry: ofNames('auth username password email serveraddress registrytoken identitytoken stackorchestrator', scalar),
  scalars: 'are texts',
} as const satisfies TypeRule;

const goClient = {
  unparsable: 'fails',
  unreadable: 'fails',
  byteOrderMark: 'unparsable',
  otherBytes: 'read',
  json: goJson,
  nesting: goNesting,
  asks: 'the host',
  keys: 'docker',
  ties: 'at random',
  decodes: 'all when it loads',
  base64: 'padded',
  emptyAuth: 'none',
  undecodable: 'fails',
  withoutColon: 'fails',
  emptyUser: 'read',
  nul: 'cut off',
  plain: 'read',
  incomplete: 'sent',
  identityToken: 'ignored',
  registryToken: 'ignored',
  nothing: 'nothing',
  emptyEntry: 'counts',
  types: dockerTypes,
  helpers: {
    keys: 'host',
    emptyName: 'is not a helper',
    store: 'without a helper',
    emptyStore: 'is none',
    missing: 'fails',
    failing: 'fails',
    notFound: 'nothing',
  },
} as const satisfies Partial<Client>;
const noHelpers = { ...goClient.helpers, keys: 'none', store: 'never', missing: 'file', failing: 'file', notFound: 'file' } as const;

const docker29 = {
  ...goClient,
  name: 'docker 29',
  versions: 'docker/cli 29.9.3',
  also: 'buildx, compose',
  emptyUser: 'as without a colon',
  identityToken: 'beside the login',
  registryToken: 'read',
  helpers: { ...goClient.helpers, emptyName: 'exempts the host' },
} as const satisfies Client;

const skopeo = {
  ...goClient,
  name: 'skopeo',
  versions: '1.9.3',
  json: wholeGoJson,
  keys: 'containers',
  decodes: 'what it was asked for',
  withoutColon: 'nothing',
  plain: 'ignored',
  nothing: 'empty login',
  types: { ...dockerTypes, top: topOf('credhelpers'), entry: ofNames('auth identitytoken', text) },
  helpers: { ...goClient.helpers, emptyName: 'is run', store: 'never' },
} as const satisfies Client;

const javaClient = {
  ...goClient,
  ties: 'the first',
  otherBytes: 'unparsable',
  json: javaJson,
  nesting: javaNesting,
  decodes: 'what it was asked for',
  base64: 'of one line, padded or not',
  nul: 'kept',
  types: javaTypes,
} as const;

const docker28 = {
  ...docker29,
  name: 'docker 28',
  versions: '28.2.2',
  also: '28.4 and 28.5 but for DOCKER_AUTH_CONFIG',
  unparsable: 'nothing',
  unreadable: 'nothing',
  json: { ...goJson, noMap: 'nothing' },
  keys: 'docker 28',
  undecodable: 'undecoded',
  withoutColon: 'undecoded',
  types: {
    ...dockerTypes,
    top: { ...docker, auths: map, experimental: text },
    entry: { ...entryShapes, email: text },
    wrong: 'undecoded',
  },
  helpers: { ...docker29.helpers, missing: 'file', failing: 'file' },
} as const satisfies Client;

/** The clients by a short name, in the order of the measured table. */
export const clients = {
  docker28,
  cli29: docker29,
  crane: {
    ...docker29,
    name: 'crane',
    versions: 'go-containerregistry 0.22.1',
    also: 'ko, cosign',
    asks: 'the repository, then the host',
    incomplete: 'nothing',
    identityToken: 'ignored',
    registryToken: 'preferred',
  },
  oras: {
    ...goClient,
    name: 'oras',
    versions: '1.3.6, oras-go 2.7.0',
    also: 'helm',
    json: { ...goJson, top: 'exact', twice: 'last', replaced: 'is nothing' },
    keys: 'oras',
    decodes: 'what it was asked for',
    incomplete: 'nothing',
    types: { ...dockerTypes, top: topOf('credhelpers', 'credsstore'), entries: 'what it was asked for' },
  },
  regctl: {
    ...goClient,
    name: 'regctl',
    versions: '0.11.7',
    unparsable: 'nothing',
    unreadable: 'nothing',
    json: { ...goJson, noMap: 'nothing' },
    keys: 'regclient',
    decodes: 'what it was asked for',
    undecodable: 'nothing',
    withoutColon: 'nothing',
    incomplete: 'is passed over',
    emptyEntry: 'is passed over',
    types: { ...dockerTypes, top: { ...common, auths: map }, wrong: 'nothing' },
    // regclient.ts has the way in which it looks for helpers.
    helpers: goClient.helpers,
  },
  skopeo19: skopeo,
  cimage: { ...skopeo, name: 'podman', versions: 'go.podman.io/image 5.42.1', also: 'buildah, newer skopeo' },
  nerdctl: {
    ...docker29,
    name: 'nerdctl',
    versions: 'main of August 2026',
    also: undefined,
    asks: 'spellings of the host',
    helpers: { ...docker29.helpers, missing: 'nothing', failing: 'nothing' },
  },
  kubelet: {
    ...goClient,
    name: 'kubelet',
    versions: '1.37.2',
    unreadable: 'nothing',
    json: wholeGoJson,
    keys: 'kubelet',
    decodes: 'all, and what is replaced',
    base64: 'padded or not',
    nul: 'kept',
    emptyEntry: 'empty login',
    // k8s.io/kubernetes 1.36.3 pkg/credentialprovider/config.go
    types: { ...dockerTypes, top: topOf('httpheaders'), entry: ofNames('auth username password email', text) },
    helpers: noHelpers,
  },
  dockerpy: {
    ...goClient,
    name: 'docker-py',
    versions: '7.2.0',
    unparsable: 'nothing',
    unreadable: 'nothing',
    ties: 'the first',
    otherBytes: 'unparsable',
    json: { ...scriptJson, unknownTop: 'is auths', noNumbers: 'read' },
    nesting: pythonNesting,
    keys: 'docker-py',
    base64: 'known letters, padded',
    emptyAuth: 'decoded',
    nul: 'kept',
    plain: 'ignored',
    identityToken: 'instead, if it is there',
    types: {
      ...dockerTypes,
      top: { auths: falsy(map), credhelpers: falsy(map), credsstore: falsy(text) },
      entry: { auth: strictText },
      nullEntry: 'is wrong',
      scalars: 'are texts',
    },
    helpers: { ...goClient.helpers, notFound: 'file' },
  },
  tcnode: {
    ...goClient,
    name: 'testcontainers (npm)',
    versions: '12.2.0',
    ties: 'the first',
    json: { ...scriptJson, noMap: 'nothing' },
    nesting: anyNesting,
    keys: 'testcontainers',
    decodes: 'what it was asked for',
    base64: 'anything',
    withoutColon: 'empty password',
    nul: 'kept',
    identityToken: 'instead',
    types: {
      ...dockerTypes,
      top: { credsstore: { name: 'text', fits: value => value !== null } },
      entry: { auth: { name: 'text', fits: value => !value || typeof value === 'string' } },
      entries: 'what it was asked for',
      noMapEntry: 'is empty',
      scalars: 'are texts',
    },
    helpers: { ...goClient.helpers, missing: 'fails', failing: 'file', notFound: 'store' },
  },
  tcjava: {
    ...javaClient,
    name: 'testcontainers (Java)',
    versions: '2.0.5',
    unparsable: 'nothing',
    unreadable: 'nothing',
    byteOrderMark: 'read',
    json: { ...javaJson, noMap: 'nothing' },
    keys: 'testcontainers',
    undecodable: 'nothing',
    withoutColon: 'nothing',
    plain: 'preferred',
    identityToken: 'beside the login',
    types: { ...javaTypes, entries: 'what it was asked for', unknown: 'is wrong', wrong: 'nothing' },
    helpers: { ...goClient.helpers, emptyName: 'is run', missing: 'nothing', failing: 'file', notFound: 'store' },
  },
  djava: {
    ...javaClient,
    name: 'docker-java',
    versions: '3.7.1',
    byteOrderMark: 'read',
    json: { ...javaJson, replaced: 'matters' },
    keys: 'oras',
    decodes: 'all when it loads',
    emptyAuth: 'decoded',
    identityToken: 'beside the login',
    types: { ...javaTypes, top: { auths: map }, nullEntry: 'is wrong' },
    helpers: noHelpers,
  },
  jib: {
    ...javaClient,
    name: 'jib',
    versions: 'jib-core 0.28.1',
    unparsable: 'nothing',
    unreadable: 'nothing',
    byteOrderMark: 'read',
    json: { ...javaJson, noMap: 'nothing', nullFile: 'fails', top: 'any case', entry: 'any case', replaced: 'matters' },
    keys: 'jib',
    emptyAuth: 'decoded',
    plain: 'both alone',
    types: {
      ...javaTypes,
      top: { auths: map, credhelpers: map, credsstore: scalar },
      nullMap: 'fails',
      entry: ofNames('auth username password identitytoken', scalar),
      wrong: 'nothing',
    },
    helpers: { ...noHelpers, keys: 'as auths', emptyName: 'is run', store: 'without a helper' },
  },
  rust: {
    ...javaClient,
    name: 'docker_credential (Rust)',
    versions: '1.4.0',
    ties: 'at random',
    otherBytes: 'read',
    json: { ...scriptJson, noMap: 'fails', twice: 'fails', replaced: 'matters' },
    nesting: anyNesting,
    keys: 'docker_credential',
    base64: 'of one line, strictly, padded or not',
    emptyAuth: 'decoded',
    plain: 'fails beside auth',
    identityToken: 'instead',
    types: {
      ...dockerTypes,
      top: { auths: map, credhelpers: strictTexts, credsstore: text },
      entry: ofNames('auth username password identitytoken', text),
      nullEntry: 'is wrong',
    },
    helpers: { ...goClient.helpers, store: 'after the file', emptyStore: 'is run', notFound: 'fails' },
  },
  /** Compared with docker 28, it differs in the spellings that it finds, and in `.dockercfg`. */
  docker20: { ...docker28, name: 'docker 20.10', versions: '20.10.24', also: undefined, keys: 'oras' },
} as const satisfies Readonly<Record<string, Client>>;

export type ClientId = keyof typeof clients;
