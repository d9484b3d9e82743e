import { ecrUser, fingerprintOf } from '../../src/contract/credential.ts';
import { expirationIn, untoldEnd } from '../../src/contract/expiry.ts';
import type { Holds } from '../../src/contract/target.ts';
import { listOf, type Meta, mapOf, metaOf, textOf } from '../kubernetes/objects.ts';

/** The label by which Argo CD knows its Secrets (argo-cd 3.6.1, common/common.go). */
export const typeLabel = 'argocd.argoproj.io/secret-type';
export const kinds = ['repository', 'repo-creds'] as const;

/** A Secret of Argo CD for one repository, or for all whose URL begins with its own (`repo-creds`). */
export interface Repository {
  readonly meta: Meta;
  readonly kind: (typeof kinds)[number];
  readonly url: string;
  readonly type: string;
  /** Argo CD gives dependencies no login of a repository of Helm charts without a name. */
  readonly name: string;
  readonly oci: 'enabled' | 'not enabled';
  /** The first setting whose value Argo CD does not read, and so refuses the Secret. */
  readonly unreadable: string | undefined;
  /** Whether Argo CD would send the login unencrypted. */
  readonly transport: 'TLS' | 'plain HTTP';
  /** own: the Secret has a login of any kind, so Argo CD looks for no other. */
  readonly login: 'own' | 'none';
  /** Whether user name and password could be an ECR login. */
  readonly isOfEcr: boolean;
  /** What the password is. undefined: there is none. */
  readonly holds: Holds | undefined;
  readonly isImmutable: boolean;
  /** What else in the cluster writes this Secret: `ExternalSecret charts`. */
  readonly keeper: string | undefined;
}

/** Reads a Secret. undefined: it is none of Argo CD's for repositories, or it is being deleted. */
export function repositoryIn(object: unknown): Repository | undefined {
  const meta = metaOf(object);
  const kind = kinds.find(one => one === meta?.labels[typeLabel]);
  if (!meta || !kind || meta.isEnding) return undefined;
  const { data, immutable } = mapOf(object);
  const values = mapOf(data);
  const read = (key: string): string => Buffer.from(textOf(values[key]), 'base64').toString();
  const password = read('password');
  const url = read('url').trim();
  return {
    meta,
    kind,
    url,
    type: read('type'),
    name: read('name'),
    oci: isTrue(read('enableOCI')) ? 'enabled' : 'not enabled',
    unreadable: Object.keys(settings[kind]).find(key => key in values && !settings[kind][key]?.test(read(key))),
    transport: /^http:/i.test(url) || isTrue(read('insecureOCIForceHttp')) ? 'plain HTTP' : 'TLS',
    login: logins.some(key => read(key) !== '') || isTrue(read('useAzureWorkloadIdentity')) ? 'own' : 'none',
    isOfEcr: read('username') === ecrUser && password !== '',
    // A password without a readable end counts as ended. If it is ours, the engine knows its end.
    holds: password === '' ? undefined : { fingerprint: fingerprintOf(password), expiresAt: expirationIn(password) ?? untoldEnd },
    isImmutable: immutable === true,
    keeper: keeperOf(object, meta),
  };
}

// Go's strconv.ParseBool and ParseInt. Neither takes an empty text.
const isTrue = (text: string): boolean => /^(1|t|T|TRUE|true|True)$/.test(text);
const truth = /^(1|t|T|TRUE|true|True|0|f|F|FALSE|false|False)$/;
const whole = /^[+-]?[0-9]+$/;

const ofBoth: Readonly<Record<string, RegExp>> = {
  enableOCI: truth,
  insecureOCIForceHttp: truth,
  forceHttpBasicAuth: truth,
  useAzureWorkloadIdentity: truth,
  githubAppID: whole,
  githubAppInstallationID: whole,
};
/** The settings that are not texts (3.6.1, secretToRepository and secretToRepoCred), and what Argo CD reads. */
const settings: Readonly<Record<Repository['kind'], Readonly<Record<string, RegExp>>>> = {
  repository: {
    ...ofBoth,
    insecure: truth,
    insecureIgnoreHostKey: truth,
    enableLfs: truth,
    webhookManifestCacheWarmDisabled: truth,
    depth: whole,
  },
  'repo-creds': ofBoth,
};

/** The keys with one of which a repository does not inherit (3.6.1, Repository.HasCredentials). */
const logins = [
  'username',
  'password',
  'bearerToken',
  'sshPrivateKey',
  'tlsClientCertData',
  'githubAppPrivateKey',
  'azureServicePrincipalClientSecret',
];

/** ESO labels each Secret that it writes, with an owner or without (external-secrets, apis/externalsecrets/v1). */
const labelOfEso = 'reconcile.external-secrets.io/managed';

function keeperOf(object: unknown, { labels }: Meta): string | undefined {
  const owner = listOf(mapOf(mapOf(object)['metadata'])['ownerReferences'])
    .map(mapOf)
    .find(({ controller }) => controller === true);
  if (owner) return `${textOf(owner['kind'])} ${textOf(owner['name'])}`;
  return labels[labelOfEso] === 'true' ? 'External Secrets' : undefined;
}

/**
 * A URL as Argo CD compares it (3.6.1, NormalizeGitURL), as far as that concerns URLs of registries. Empty: Go does not
 * parse it, as a port stands behind a name that begins with a digit, without a scheme. Such a URL begins with no other.
 */
export function normal(url: string): string {
  const text = url
    .trim()
    .toLowerCase()
    .replace(/\.git$/, '');
  return /^\d[^/?#]*:/.test(text) ? '' : text;
}

/** The credentials that a repository without a login inherits: those with the longest beginning of its URL. */
export function inherited({ kind, login, url }: Repository, all: readonly Repository[]): Repository | undefined {
  if (kind !== 'repository' || login === 'own') return undefined;
  return all
    .filter(one => one.kind === 'repo-creds' && normal(one.url) !== '' && normal(url).startsWith(normal(one.url)))
    .toSorted((a, b) => normal(b.url).length - normal(a.url).length)[0];
}
