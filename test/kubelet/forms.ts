/** A registry. */
export const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
const head = 'apiVersion: kubelet.config.k8s.io/v1\nkind: CredentialProviderConfig\nproviders:\n';
const own = `    matchImages: [${host}]\n    defaultCacheDuration: 0s\n    apiVersion: credentialprovider.kubelet.k8s.io/v1\n`;
/** A configuration without a mistake. */
export const good = `${head}  - name: p\n${own}`;
const withToken = (attributes: string): string =>
  `${good}    tokenAttributes:\n${attributes
    .split(', ')
    .map(line => `      ${line}\n`)
    .join('')}`;
const token = 'serviceAccountTokenAudience: sts.amazonaws.com, requireServiceAccount: true, cacheType: ServiceAccount';

/** Text, and what is said of it; undefined: nothing. */
export const forms: readonly (readonly [what: string, text: string, expected: RegExp | undefined, version?: string])[] = [
  ['a good file', good, undefined],
  ['a line of three dashes in front', `---\n${good}`, undefined],
  ['an empty file', '', /^stops c\.yaml .*empty/],
  ['blanks only', '\n  \n', /^stops c\.yaml .*empty/],
  ['a comment only', '# nothing\n', /^stops .*no map/],
  ['a ConfigMap', 'apiVersion: v1\nkind: ConfigMap\n', /^stops .*ConfigMap/],
  ['no kind', good.replace('kind: CredentialProviderConfig\n', ''), /^stops .*kind/],
  ['another group', good.replace('kubelet.config.k8s.io/v1', 'kubelet.k8s.io/v1'), /^stops .*kubelet\.k8s\.io/],
  ['a version that nobody knows', good.replace('config.k8s.io/v1', 'config.k8s.io/v2'), /^stops .*v2/],
  ['an unknown field', good.replace('matchImages', 'matchImage'), /^stops c\.yaml:5:17 providers\[0\]\.matchImage /],
  ['a field in another case', good.replace('matchImages', 'MatchImages'), /^stops .*written matchImages/],
  ['a key twice', `${good}    apiVersion: credentialprovider.kubelet.k8s.io/v1\n`, /^stops c\.yaml:8.*twice/],
  ['a second document', `${good}---\n${good}`, /^never c\.yaml:8.*second/],
  ['an anchor and its alias', good.replace(`[${host}]`, `&all [${host}]\n    args: *all`), undefined],
  [
    'a merge',
    `${head}  - name: p\n    <<: {matchImages: [${host}], defaultCacheDuration: 0s, apiVersion: credentialprovider.kubelet.k8s.io/v1}\n`,
    undefined,
  ],
  [
    'JSON',
    JSON.stringify({ kind: 'CredentialProviderConfig', apiVersion: 'kubelet.config.k8s.io/v1', providers: [] }),
    /^stops .*at least one/,
  ],
  ['a flow map that is no JSON', '{kind: CredentialProviderConfig}', /^stops .*JSON/],
  [
    'a key twice in JSON',
    `{"kind":"CredentialProviderConfig","kind":"CredentialProviderConfig","apiVersion":"kubelet.config.k8s.io/v1"}`,
    /^stops .*twice/,
  ],
  ['no providers', head, /^stops .*at least one/],
  ['a map of providers', `${head}  p: {}\n`, /^stops .*must be a list/],
  ['a text of patterns', good.replace(`[${host}]`, host), /^stops .*must be a list/],
  ['no patterns', good.replace(`[${host}]`, '[]'), /^stops .*at least one/],
  ['no name', good.replace('name: p', 'name: ""'), /^stops .*name is missing/],
  ['a star without quotes', good.replace(`[${host}]`, '[*.dkr.ecr.*.amazonaws.com]'), /^stops c\.yaml:5:19 .*\* in quotes/],
  ['a star without quotes in a list', good.replace(`[${host}]`, '\n    - *.dkr.ecr.*.amazonaws.com'), /^stops c\.yaml:6:7 .*\* in quotes/],
  ['a line with a tab alone', good.replace('name: p', 'name: p\n\t'), /^stops c\.yaml:5:1 .*tab/],
  ['a comment behind a tab', good.replace('name: p', 'name: p\n    \t# c'), /^stops c\.yaml:5:1 .*tab/],
  ['a tab at the very end', `${good}\t\n`, /^stops c\.yaml:8:1 .*tab/],
  ['a tab in a text', good.replace(`[${host}]`, '\n    - |\n      a\n\t\n    - b'), /^stops /],
  ['a tag that nobody knows', good.replace('name: p', 'name: !x p'), undefined],
  ['a number as name', good.replace('name: p', 'name: 7'), /^stops .*must be a text/],
  ['yes as name', good.replace('name: p', 'name: yes'), /^stops .*must be a text/],
  ['a path as name', good.replace('name: p', 'name: bin/p'), /^stops .*path/],
  ['a blank in a name', good.replace('name: p', 'name: "a p"'), /^stops .*blanks/],
  ['two dots as name', good.replace('name: p', 'name: ..'), /^stops /],
  ['a name twice', `${good}  - name: p\n${own}`, /^stops c\.yaml:8.*p is the name/],
  ['no duration', good.replace('    defaultCacheDuration: 0s\n', ''), /^stops .*defaultCacheDuration is missing/],
  ['a negative duration', good.replace('0s', '-1s'), /^stops .*negative/],
  ['a duration without unit', good.replace('0s', '"12"'), /^stops .*no duration/],
  ['a number as duration', good.replace('0s', '0'), /^stops .*must be a text/],
  ['the one that needs no unit', good.replace('0s', '"0"'), undefined],
  ['a day', good.replace('0s', '1d'), /^stops .*no duration/],
  ['a duration of all units', good.replace('0s', '1h2m3.5s4ms5us6ns'), undefined],
  ['the longest duration', good.replace('0s', '2562047h47m16.854775807s'), undefined],
  ['one nanosecond more', good.replace('0s', '2562047h47m16.854775808s'), /^stops .*no duration/],
  ['a name in base64', good.replace('name: p', 'name: !!binary cA=='), undefined],
  ['a name like a day', good.replace('name: p', 'name: 2026-11-29'), undefined],
  ['a port', good.replace(host, `"${host}:443"`), /^note .*:443, and none without a port/],
  ['a port of a host without dots', good.replace(host, '"*:5000"'), /^note .*:5000/],
  ["a port of another's registry", good.replace(host, '"registry:5000"'), /^note .*:5000/],
  ['upper case in a path', good.replace(host, `${host}/Team/`), /^note .*upper case/],
  ['a duration beyond all measure', good.replace('0s', '9999999h'), /^stops .*no duration/],
  ['a protocol that nobody knows', good.replace('kubelet.k8s.io/v1\n', 'kubelet.k8s.io/v2\n'), /^stops .*v2/],
  ['an env value that is no text', `${good}    env: [{name: A, value: true}]\n`, /^stops .*env\[0\]\.value must be a text/],
  ['a token mode', withToken(token), undefined],
  ['no cacheType', withToken(token.replace(', cacheType: ServiceAccount', '')), /^stops .*cacheType is missing/],
  ['a cacheType in lower case', withToken(token.replace('cacheType: ServiceAccount', 'cacheType: token')), /^stops .*cacheType is token/],
  ['no requireServiceAccount', withToken(token.replace('requireServiceAccount: true, ', '')), /^stops .*requireServiceAccount is missing/],
  ['no audience', withToken(token.replace('sts.amazonaws.com', '""')), /^stops .*Audience is missing/],
  [
    'required keys without an account',
    withToken(`${token.replace('true', 'false')}, requiredServiceAccountAnnotationKeys: [a/b]`),
    /^stops .*requireServiceAccount: true only/,
  ],
  [
    'a key in both lists',
    withToken(`${token}, requiredServiceAccountAnnotationKeys: [a/b], optionalServiceAccountAnnotationKeys: [a/b]`),
    /^stops .*required and optional/,
  ],
  ['a key twice', withToken(`${token}, optionalServiceAccountAnnotationKeys: [a/b,a/b]`), /^stops .*twice/],
  ['a key that is none', withToken(`${token}, optionalServiceAccountAnnotationKeys: [a/b/c]`), /^stops .*no key/],
  ['a key in upper case', withToken(`${token}, optionalServiceAccountAnnotationKeys: [A/B]`), undefined],
  [
    'v1beta1 with a token mode',
    withToken(token).replace('kubelet.k8s.io/v1\n    token', 'kubelet.k8s.io/v1beta1\n    token'),
    /^stops .*needs the apiVersion/,
  ],
  [
    'a v1beta1 file with a token mode',
    withToken(token).replace('config.k8s.io/v1\n', 'config.k8s.io/v1beta1\n'),
    /^stops .*v1beta1 has no such field/,
  ],
  ['a token mode before its time', withToken(token), /^stops .*since Kubernetes 1\.33/, '1.32'],
  ['cacheType before its time', withToken(token), /^stops .*cacheType .*since Kubernetes 1\.34/, '1.33'],
  ['a token mode of 1.33', withToken(token.replace(', cacheType: ServiceAccount', '')), /^note .*feature gate/, '1.33.2'],
];

/** Patterns that stop the kubelet. */
export const stopping: readonly string[] = [
  `${host}/a b`.replace('/a', ' /a'),
  '[0-9]*.dkr.ecr.eu-west-1.amazonaws.com',
  '1[0-9]*.x',
  '{a,b}.example',
  '%zz',
  '*:*',
  'reg.example:*',
  'a:1:2',
  `${host}\n`,
  'reg.example/%zz',
  'a|b',
];

/** Patterns that load and match no image that a pod names. */
export const matchingNothing: readonly string[] = [
  `https://${host}`,
  `http://${host}`,
  `${host}/*`,
  `${host}/team/*`,
  `${host}/team/app:1`,
  `${host}/app@sha256:aa`,
  `${host}/*:443`,
  '*.amazonaws.com:443',
  '*',
  '*.*',
  '*.amazonaws.com',
  '*.ecr.*.amazonaws.com',
  '????????????.dkr.ecr.eu-west-1.amazonaws.com',
  '12345678901?.dkr.ecr.eu-west-1.amazonaws.com',
  host.toUpperCase(),
  '',
  '/app',
  `${host}//app`,
  `${host}.`,
  '12345678901.dkr.ecr.eu-west-1.amazonaws.com',
  '*.dkr.ecr.*.amazonaws.eu.com',
  'dkr.ecr.eu-west-1.amazonaws.com',
  'api.ecr.eu-west-1.amazonaws.com',
];
