/**
 * How registry clients find credentials in a config.json: measured in November 2026, 47 forms of the file for each.
 * What was seen stands in test/clients/measured.ts, and a test holds these rules against every cell of it.
 */

import { common, docker, entryShapes, ofNames, type Shapes, text } from '../../adapters/docker-config/types.ts';
import type { Client, TypeRule } from './client.ts';

/** By go.mod and source docker/cli 29, and seen with crane, which loads files with it. */
const dockerTypes = { top: docker, entry: entryShapes, entries: 'all', nullEntry: 'is empty', wrong: 'fails' } as const satisfies TypeRule;
/** A wrong value is as good as none (seen with docker 28.2.2), or nobody has looked. */
const anyType = { ...dockerTypes, top: {}, entry: {}, entries: 'none' } as const satisfies TypeRule;
const topOf = (...names: readonly (keyof typeof common)[]): Shapes => Object.fromEntries(names.map(name => [name, common[name]]));

const goClient = {
  unparsable: 'fails',
  byteOrderMark: 'unparsable',
  keys: 'docker',
  decodes: 'all when it loads',
  base64: 'padded',
  undecodable: 'fails',
  withoutColon: 'fails',
  nul: 'cut off',
  plain: 'read',
  identityToken: 'ignored',
  registryToken: 'ignored',
  nothing: 'nothing',
  emptyEntry: 'counts',
  types: dockerTypes,
  helpers: { keys: 'host', emptyName: 'is no helper', store: 'without a helper', missing: 'fails', failing: 'fails', notFound: 'nothing' },
} as const satisfies Partial<Client>;

const docker29 = {
  ...goClient,
  name: 'docker 29',
  versions: 'docker/cli 29.9.3',
  also: 'buildx, compose',
  identityToken: 'beside the login',
  registryToken: 'read',
  helpers: { ...goClient.helpers, emptyName: 'exempts the host' },
} as const satisfies Client;

const skopeo = {
  ...goClient,
  name: 'skopeo',
  versions: '1.9.3',
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
  decodes: 'what it was asked for',
  base64: 'of one line, padded or not',
  nul: 'kept',
  types: anyType,
} as const;

/** By a short name, in the order of the measured table. */
export const clients = {
  docker28: {
    ...docker29,
    name: 'docker 28',
    versions: '28.2.2 and 20.10.24',
    also: 'older ones, and 28.4 and 28.5 but for DOCKER_AUTH_CONFIG',
    unparsable: 'nothing',
    undecodable: 'undecoded',
    withoutColon: 'undecoded',
    types: anyType,
    helpers: { ...docker29.helpers, missing: 'file', failing: 'file' },
  },
  cli29: docker29,
  crane: {
    ...goClient,
    name: 'crane',
    versions: 'go-containerregistry 0.22.1',
    also: 'ko, cosign',
    keys: 'go-containerregistry',
    registryToken: 'read',
    helpers: { ...goClient.helpers, store: 'before the helper' },
  },
  oras: {
    ...goClient,
    name: 'oras',
    versions: '1.3.6, oras-go 2.7.0',
    also: 'helm',
    decodes: 'what it was asked for',
    types: { ...dockerTypes, top: topOf('credhelpers', 'credsstore'), entries: 'what it was asked for' },
  },
  regctl: {
    ...goClient,
    name: 'regctl',
    versions: '0.11.7',
    unparsable: 'nothing',
    keys: 'regclient',
    decodes: 'what it was asked for',
    undecodable: 'nothing',
    withoutColon: 'nothing',
    emptyEntry: 'is passed over',
    types: { ...dockerTypes, top: common, wrong: 'nothing' },
    helpers: {
      keys: 'host or https',
      emptyName: 'is no helper',
      store: 'if it lists the host',
      missing: 'file',
      failing: 'file',
      notFound: 'file',
    },
  },
  skopeo19: skopeo,
  cimage: { ...skopeo, name: 'podman', versions: 'go.podman.io/image 5.42.1', also: 'buildah, newer skopeo' },
  nerdctl: {
    ...docker29,
    name: 'nerdctl',
    versions: 'main of August 2026',
    also: undefined,
    keys: 'nerdctl',
    emptyEntry: 'is passed over',
    helpers: {
      keys: 'nerdctl',
      emptyName: 'is no helper',
      store: 'before the helper',
      missing: 'nothing',
      failing: 'nothing',
      notFound: 'nothing',
    },
  },
  kubelet: {
    ...goClient,
    name: 'kubelet',
    versions: '1.37.2',
    keys: 'kubelet',
    base64: 'padded or not',
    nul: 'kept',
    emptyEntry: 'empty login',
    // k8s.io/kubernetes 1.36.3 pkg/credentialprovider/config.go
    types: { ...dockerTypes, top: topOf('httpheaders'), entry: ofNames('auth username password email', text) },
    helpers: { keys: 'none', emptyName: 'is no helper', store: 'never', missing: 'file', failing: 'file', notFound: 'file' },
  },
  dockerpy: {
    ...goClient,
    name: 'docker-py',
    versions: '7.2.0',
    unparsable: 'nothing',
    nul: 'kept',
    plain: 'ignored',
    identityToken: 'instead',
    types: {
      ...dockerTypes,
      top: topOf('credsstore'),
      entry: { auth: { name: 'text', fits: value => typeof value === 'string' } },
      nullEntry: 'is wrong',
    },
    helpers: { ...goClient.helpers, notFound: 'file' },
  },
  tcnode: {
    ...goClient,
    name: 'testcontainers (npm)',
    versions: '12.2.0',
    keys: 'testcontainers',
    decodes: 'what it was asked for',
    base64: 'anything',
    withoutColon: 'empty password',
    nul: 'kept',
    identityToken: 'instead',
    types: anyType,
    helpers: { ...goClient.helpers, missing: 'fails', failing: 'file', notFound: 'store' },
  },
  tcjava: {
    ...javaClient,
    name: 'testcontainers (Java)',
    versions: '2.0.5',
    unparsable: 'nothing',
    byteOrderMark: 'read',
    keys: 'testcontainers',
    undecodable: 'nothing',
    withoutColon: 'nothing',
    plain: 'preferred',
    identityToken: 'beside the login',
    helpers: { ...goClient.helpers, emptyName: 'is run', missing: 'nothing', failing: 'file', notFound: 'store' },
  },
  djava: {
    ...javaClient,
    name: 'docker-java',
    versions: '3.7.1',
    byteOrderMark: 'read',
    decodes: 'all when it loads',
    identityToken: 'beside the login',
    helpers: { keys: 'none', emptyName: 'is no helper', store: 'never', missing: 'file', failing: 'file', notFound: 'file' },
  },
  jib: {
    ...javaClient,
    name: 'jib',
    versions: 'jib-core 0.28.1',
    unparsable: 'nothing',
    byteOrderMark: 'read',
    keys: 'jib',
    helpers: { keys: 'jib', emptyName: 'is run', store: 'without a helper', missing: 'file', failing: 'file', notFound: 'file' },
  },
  rust: {
    ...javaClient,
    name: 'docker_credential (Rust)',
    versions: '1.4.0',
    keys: 'docker_credential',
    plain: 'fails beside auth',
    identityToken: 'instead',
    helpers: { keys: 'host', emptyName: 'is no helper', store: 'after the file', missing: 'fails', failing: 'fails', notFound: 'fails' },
  },
} as const satisfies Readonly<Record<string, Client>>;

export type ClientId = keyof typeof clients;
