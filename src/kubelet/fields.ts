/**
 * A field of a CredentialProviderConfig (kubelet.config.k8s.io, Kubernetes 1.37), and the version that introduced it.
 */
export interface Field {
  readonly type: 'text' | 'duration' | 'truth' | 'texts' | Fields | readonly [Fields];
  /** Kubernetes 1.x. An older kubelet does not know the field, and stops. */
  readonly since?: number;
  /** The only version of kubelet.config.k8s.io that has the field. Missing: all have it. */
  readonly only?: 'v1';
}
export interface Fields {
  readonly [name: string]: Field;
}

/** The Kubernetes 1.x since which the kubelet knows cacheType, and requires it. */
export const cacheTypeSince = 34;
/** The Kubernetes 1.x since which a provider may get tokens of service accounts. */
export const tokensSince = 33;

const tokenAttributes: Fields = {
  serviceAccountTokenAudience: { type: 'text' },
  cacheType: { type: 'text', since: cacheTypeSince },
  requireServiceAccount: { type: 'truth' },
  requiredServiceAccountAnnotationKeys: { type: 'texts' },
  optionalServiceAccountAnnotationKeys: { type: 'texts' },
};

const provider: Fields = {
  name: { type: 'text' },
  matchImages: { type: 'texts' },
  defaultCacheDuration: { type: 'duration' },
  apiVersion: { type: 'text' },
  args: { type: 'texts' },
  env: { type: [{ name: { type: 'text' }, value: { type: 'text' } }] },
  tokenAttributes: { type: tokenAttributes, since: tokensSince, only: 'v1' },
};

export const configFields: Fields = {
  apiVersion: { type: 'text' },
  kind: { type: 'text' },
  providers: { type: [provider] },
};

/** The versions of kubelet.config.k8s.io that know the kind, with the Kubernetes 1.x that introduced each. */
export const configVersions: Readonly<Record<string, number>> = { v1alpha1: 20, v1beta1: 24, v1: 26 };
/** The protocol versions of providers, with the Kubernetes 1.x that introduced each. */
export const protocolVersions: Readonly<Record<string, number>> = {
  'credentialprovider.kubelet.k8s.io/v1alpha1': 20,
  'credentialprovider.kubelet.k8s.io/v1beta1': 24,
  'credentialprovider.kubelet.k8s.io/v1': 26,
};
/** The protocol version of our own program. The configuration that names the program is of version v1 too. */
export const spoken = 'credentialprovider.kubelet.k8s.io/v1';
/** The Kubernetes 1.x since which the kubelet knows both. */
export const spokenSince = 26;
/** The Kubernetes 1.x since which a folder may be named instead of a file. */
export const foldersSince = 34;
/** The Kubernetes 1.x that is checked for by default. */
export const newestKnown = 37;
