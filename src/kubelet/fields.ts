/** The fields of a CredentialProviderConfig (kubelet.config.k8s.io, Kubernetes 1.37), and since when there are some. */
export interface Field {
  readonly type: 'text' | 'duration' | 'truth' | 'texts' | Fields | readonly [Fields];
  /** Of Kubernetes 1.x. An older kubelet does not know the field, and stops. */
  readonly since?: number;
  /** Of kubelet.config.k8s.io, where not all have it. */
  readonly only?: 'v1';
}
export interface Fields {
  readonly [name: string]: Field;
}

/** Kubernetes 1.x: since then the kubelet knows cacheType, and wants it. */
export const cacheTypeSince = 34;
/** Kubernetes 1.x: since then a provider may get tokens of service accounts. */
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

/** Versions of kubelet.config.k8s.io that know the kind, and the Kubernetes 1.x of each. */
export const configVersions: Readonly<Record<string, number>> = { v1alpha1: 20, v1beta1: 24, v1: 26 };
/** What a provider may be spoken to in, and since when. */
export const protocolVersions: Readonly<Record<string, number>> = {
  'credentialprovider.kubelet.k8s.io/v1alpha1': 20,
  'credentialprovider.kubelet.k8s.io/v1beta1': 24,
  'credentialprovider.kubelet.k8s.io/v1': 26,
};
/** What our own program is spoken to in, and the file that names it. */
export const spoken = 'credentialprovider.kubelet.k8s.io/v1';
/** Of Kubernetes 1.x: since then the kubelet knows both. */
export const spokenSince = 26;
/** Of Kubernetes 1.x: since then a folder may be named instead of a file. */
export const foldersSince = 34;
/** The Kubernetes 1.x that a check is for when nobody says another. */
export const newestKnown = 37;
