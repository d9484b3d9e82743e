import type { TextForm } from '../../src/contract/adapter.ts';

// These values become part of requests. A value that the API server would refuse is a mistake in the configuration.

/** A DNS-1123 subdomain. */
const subdomain = String.raw`[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*`;

/** The name of a Secret. */
export const objectName: TextForm = {
  pattern: `^${subdomain}$`,
  words: 'a name in Kubernetes: at most 253 small letters, digits, dashes and dots',
  most: 253,
};

/** The name of a namespace (DNS-1123 label). */
export const namespaceName: TextForm = {
  pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$',
  words: 'the name of a namespace: at most 63 small letters, digits and dashes',
  most: 63,
};

/** A name of namespaces, or a pattern for it (DNS-1123 label). */
export const namespacePattern: TextForm = {
  pattern: '^[a-z0-9*?]([-a-z0-9*?]*[a-z0-9*?])?$',
  words: 'a name of namespaces: at most 63 small letters, digits and dashes; `*` stands for anything, `?` for one character',
  most: 63,
};
export const signedNamespacePattern: TextForm = {
  pattern: `^!?${namespacePattern.pattern.slice(1)}`,
  words: `${namespacePattern.words}, and \`!\` before it takes it away`,
  most: namespacePattern.most + 1,
};

/** A name of ServiceAccounts, or a pattern for it. */
export const accountPattern: TextForm = {
  pattern: '^[a-z0-9*?]([-a-z0-9.*?]*[a-z0-9*?])?$',
  words: 'a name of ServiceAccounts: at most 253 small letters, digits, dashes and dots; `*` stands for anything, `?` for one character',
  most: 253,
};

const label = '[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?';
const key = `(${subdomain}/)?${label}`;
const values = `${label}( *, *(${label})?)*`;
const requirement = ` *(! *${key}|${key}( *(=|==|!=) *(${label})?| +(in|notin) *\\( *${values} *\\)| *[<>] *[0-9]{1,18})?) *`;

/** A label selector as the API server parses it (labels.Parse of k8s.io/apimachinery). */
export const labelSelector: TextForm = {
  pattern: `^${requirement}(,${requirement})*$`,
  words: 'a selector of labels as kubectl writes it: `team in (a, b),env!=test`',
  most: 4096,
};

/** The name of a field manager. The API server refuses unprintable characters and longer names (recorded on 1.36.3). */
export const managerName: TextForm = {
  pattern: '^[!-~]([ -~]*[!-~])?$',
  words: 'at most 128 printable characters of ASCII',
  most: 128,
};
