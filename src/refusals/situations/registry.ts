import type { Paste } from '../diagnosis.ts';
import type { Facts } from '../facts.ts';
import { isEcr, isPrivate, isPublic, isRegistry, orUnsaid } from '../hosts.ts';
import { example, row, type Situation, type Told } from '../situation.ts';
import { identityStatement, type Rights, resourceStatement, rights, type Statement } from '../statements.ts';

const { host, image, manifest } = example;
const isPull = ({ status }: Facts): boolean => status !== undefined;

/** Where the login of Docker goes; placeholders where the text names no registry. */
export function login({ facts: { registry } }: Pick<Told, 'facts'>): Paste {
  const { host: at = 'ACCOUNT.dkr.ecr.REGION.amazonaws.com', region = 'REGION', service = 'ecr' } = registry ?? {};
  const text = `aws ${service} get-login-password --region ${region} | docker login --username AWS --password-stdin ${at}`;
  return { what: 'Log in again, as the user that pulls', kind: 'command', text };
}

const keeper = 'whoever keeps the password for the client: what should renew it did not';
const repositoryOf = ({ facts, groups }: Told): string => groups['name'] ?? facts.repository ?? 'of that name';
const accountOf = ({ facts, groups }: Told): string => groups['registry'] ?? facts.registry?.account ?? 'of the registry';

/** What a pull through a cache needs in the puller's name. */
function cacheStatements(told: Told, needs: readonly Rights[]): readonly Paste[] {
  const { registry, principal, repository } = told.facts;
  const account = groupsOr(told, 'registry', registry?.account ?? 'ACCOUNT');
  const [prefix = ''] = groupsOr(told, 'name', repository ?? 'PREFIX').split('/');
  const arn = `arn:${registry?.partition ?? 'aws'}:ecr:${registry?.region ?? 'REGION'}:${account}:repository/${prefix}/*`;
  const paste = (what: string, statement: Statement): Paste => ({ what, kind: 'policy', text: JSON.stringify(statement, undefined, 2) });
  return needs.flatMap(need => [
    paste('Statement for the identity policy of whoever pulls, if the prefix is a cache', identityStatement(need, [arn])),
    ...(principal === undefined
      ? []
      : [paste(`Or statement for the registry policy in account ${account}`, resourceStatement(need, [principal], [arn]))]),
  ]);
}

const groupsOr = ({ groups }: Told, name: string, other: string): string => groups[name] ?? other;

const noRepository =
  /(?:repository with name '?(?<name>[a-z0-9._/-]+)'? (?:does not exist|not found)(?: in the registry with id '?(?<registry>\d{12})'?)?)|RepositoryNotFoundException/;

export const registry: readonly Situation[] = [
  row({
    id: 'token-expired',
    title: 'The token is too old',
    symptoms: [
      ['Docker', 'Error response from daemon: denied: Your authorization token has expired. Reauthenticate and try again.'],
      [
        'kubelet',
        `Failed to pull image "${image}": rpc error: code = Unknown desc = failed to pull and unpack image "${image}": failed to resolve reference "${image}": pull access denied, repository does not exist or may require authorization: server message: denied: Your authorization token has expired. Reauthenticate and try again.`,
      ],
      ['any', '{"errors":[{"code":"DENIED","message":"Your authorization token has expired. Reauthenticate and try again."}]}'],
    ],
    when: ({ find }) => find(/authorization token has expired/),
    tell: told => ({
      sentence: `The password that was sent to ${told.host} is a token of ECR whose twelve hours are over.`,
      side: keeper,
      remedy:
        'Log in again now. So that it does not come back, let ecr-courier or its credential helper keep the login fresh; if it does already, `ecr-courier status` tells what failed.',
      paste: [login(told)],
    }),
  }),
  row({
    id: 'tag-immutable',
    title: 'The tag is there already',
    symptoms: [
      [
        'Docker, push',
        "tag invalid: The image tag '1' already exists in the 'team/app' repository and cannot be overwritten because the repository is immutable.",
      ],
      [
        'AWS CLI',
        "An error occurred (ImageTagAlreadyExistsException) when calling the PutImage operation: The image tag '1' already exists in the 'team/app' repository and cannot be overwritten because the tag is immutable.",
      ],
    ],
    when: ({ find }) => find(/cannot be overwritten because the (repository|tag) is immutable|ImageTagAlreadyExistsException/),
    tell: () => ({
      sentence: 'The repository does not let a tag be overwritten, and this tag is there already. Login and rights are good.',
      side: 'the settings of the repository (tag mutability), or the build that uses a tag twice',
      remedy: 'Push another tag, or let the repository be mutable.',
    }),
  }),
  row({
    id: 'repository-missing',
    title: 'The repository is not there, or a cache may not make it',
    symptoms: [
      [
        'Docker',
        `Error response from daemon: repository ${host}/team/none not found: name unknown: The repository with name 'team/none' does not exist in the registry with id '123456789012'`,
      ],
      [
        'containerd',
        `failed to resolve reference "${host}/docker-hub/library/nginx:1": unexpected status from GET request to https://${host}/v2/docker-hub/library/nginx/manifests/1: 404 Not Found: name unknown: The repository with name 'docker-hub/library/nginx' does not exist in the registry with id '123456789012'`,
      ],
      [
        'crane',
        `Error: fetching manifest ${host}/team/none:1: GET https://${host}/v2/team/none/manifests/1: NAME_UNKNOWN: The repository with name 'team/none' does not exist in the registry with id '123456789012'`,
      ],
      [
        'AWS CLI',
        "An error occurred (RepositoryNotFoundException) when calling the BatchGetImage operation: The repository with name 'team/none' does not exist in the registry with id '123456789012'",
      ],
      ['Docker, push', "name unknown: The repository with name 'team/none' does not exist in the registry with id '123456789012'"],
    ],
    when: facts =>
      facts.find(noRepository) ??
      (isPull(facts) && facts.status === 404
        ? facts.find(/NAME_UNKNOWN|name unknown/)
        : facts.find(/NAME_UNKNOWN|name unknown/, isPrivate)),
    tell: told => ({
      sentence: `There is no repository ${repositoryOf(told)} in account ${accountOf(told)}${told.facts.registry ? ` in ${told.facts.registry.region}` : ''}: account, region or name are wrong, or nobody has created it. Under the prefix of a pull-through cache it is a refusal of IAM: whoever pulls may not create it.`,
      side: `the name of the image, or account ${accountOf(told)}; under a cache prefix the identity policy of whoever pulls, or the registry policy`,
      remedy:
        'Look whether the prefix (the first part of the name) is a cache rule. If not, compare the name, the account and the region, and create the repository. If it is, add the statements.',
      paste: [
        {
          what: 'The cache rules of that account',
          kind: 'command',
          text: `aws ecr describe-pull-through-cache-rules --region ${told.facts.registry?.region ?? 'REGION'}`,
        },
        ...cacheStatements(told, [rights.create, rights.import]),
      ],
    }),
  }),
  row({
    id: 'image-missing',
    title: 'The image is not there, or a cache may not fetch it',
    symptoms: [
      [
        'Docker',
        `Error response from daemon: manifest for ${host}/docker-hub/library/nginx:1 not found: manifest unknown: Requested image not found`,
      ],
      ['crane', `Error: fetching manifest ${image}: GET ${manifest}: MANIFEST_UNKNOWN: Requested image not found`],
      [
        'containerd',
        `rpc error: code = NotFound desc = failed to pull and unpack image "${image}": failed to resolve reference "${image}": ${image}: not found`,
      ],
      [
        'skopeo',
        `time="2026-11-20T10:00:00Z" level=fatal msg="Error parsing image name \\"docker://${image}\\": reading manifest 1 in ${host}/team/app: manifest unknown: Requested image not found"`,
      ],
      [
        'AWS CLI',
        "An error occurred (ImageNotFoundException) when calling the DescribeImages operation: The image with imageId {imageDigest:'null', imageTag:'1'} does not exist within the repository with name 'team/app' in the registry with id '123456789012'",
      ],
    ],
    when: facts =>
      facts.find(/Requested image not found|ImageNotFoundException/) ??
      facts.find(/manifest unknown|MANIFEST_UNKNOWN|failed to resolve reference "[^"]{1,300}": \S+: not found/, isRegistry) ??
      (facts.status === 404 && facts.find(/Source image not found|manifest for .{0,300} not found/)),
    tell: told => ({
      sentence: `The repository ${repositoryOf(told)} is there, and has no image ${told.facts.reference ?? 'of that tag'}. Under the prefix of a pull-through cache it is often a refusal of IAM: whoever pulls may not import from upstream.`,
      side: 'the tag where it is written, or whoever pushes (a lifecycle rule may have removed it); under a cache prefix the identity policy of whoever pulls',
      remedy:
        'Look at the tags of the repository. Under a cache prefix look whether the image exists upstream, whether the rule has working upstream credentials, and add the statement.',
      paste: [
        {
          what: 'The images of the repository',
          kind: 'command',
          text: `aws ecr describe-images --region ${told.facts.registry?.region ?? 'REGION'}${told.facts.registry?.account ? ` --registry-id ${told.facts.registry.account}` : ''} --repository-name ${told.facts.repository ?? 'NAME'} --query 'imageDetails[].imageTags'`,
        },
        ...cacheStatements(told, [rights.import]),
      ],
    }),
  }),
  row({
    id: 'public-limit',
    title: 'ECR Public limits pulls without a login',
    symptoms: [
      ['Docker', 'Error response from daemon: toomanyrequests: Rate exceeded (public.ecr.aws/docker/library/nginx)'],
      [
        'containerd',
        'failed to resolve reference "public.ecr.aws/docker/library/nginx:1": unexpected status from HEAD request to https://public.ecr.aws/v2/docker/library/nginx/manifests/1: 429 Too Many Requests',
      ],
      ['Docker', 'toomanyrequests: Data limit exceeded'],
    ],
    when: facts =>
      facts.find(/toomanyrequests|Too Many Requests|Rate exceeded|\b429\b/, isPublic) ?? facts.find(/toomanyrequests: Data limit exceeded/),
    tell: () => ({
      sentence: 'ECR Public limits pulls without a login, by address of the caller: a whole house behind one NAT shares the limit.',
      side: 'the client: it pulls from public.ecr.aws without a login',
      remedy:
        'Log in with any AWS identity (tokens of ECR Public come from us-east-1), or take the images through a pull-through cache of your own.',
      paste: [
        {
          what: 'Log in',
          kind: 'command',
          text: 'aws ecr-public get-login-password --region us-east-1 | docker login --username AWS --password-stdin public.ecr.aws',
        },
      ],
    }),
  }),
  row({
    id: 'registry-throttled',
    title: 'ECR is asked too often',
    symptoms: [
      ['Docker', 'Error response from daemon: toomanyrequests: Rate exceeded'],
      ['containerd', `unexpected status from HEAD request to ${manifest}: 429 Too Many Requests`],
    ],
    when: facts =>
      facts.find(/toomanyrequests: Rate exceeded|TOOMANYREQUESTS.{0,60}Rate exceeded/, orUnsaid(isRegistry)) ??
      facts.find(/toomanyrequests|429 Too Many Requests|status code 429/, isPrivate) ??
      facts.status === 429,
    tell: told => ({
      sentence: `${told.host} is asked more often than its account may be: many machines pull at once.`,
      side: 'all that pull from that account and region together',
      remedy:
        'It passes by itself. If it lasts, spread the pulls, keep images on the nodes, or ask for higher quotas (Service Quotas, Amazon ECR).',
    }),
  }),
  row({
    id: 'public-refused',
    title: 'ECR Public refuses an old or foreign login',
    symptoms: [
      [
        'Docker',
        "Error response from daemon: pull access denied for public.ecr.aws/docker/library/nginx, repository does not exist or may require 'docker login': denied: Not Authorized",
      ],
      ['Helm', 'Error: unexpected status from HEAD request to https://public.ecr.aws/v2/kro/kro/manifests/0.1.0: 403 Forbidden'],
    ],
    when: facts =>
      facts.find(/denied: .{0,80}Not Authorized|403 Forbidden|\b401 Unauthorized|denied: |unauthorized/, isPublic) ??
      (facts.registry?.service === 'ecr-public' && (facts.status === 403 || facts.status === 401)),
    tell: () => ({
      sentence:
        'ECR Public does not accept the login that was sent. It needs none: an old entry for public.ecr.aws in the file of logins is worse than no entry.',
      side: 'the client: its file of logins or its keychain has an entry for public.ecr.aws that is too old',
      remedy: 'Log out, or log in again with a token from us-east-1. A repository that was deleted reads the same.',
      paste: [{ what: 'Log out', kind: 'command', text: 'docker logout public.ecr.aws' }],
    }),
  }),
  row({
    id: 'refused-without-words',
    title: 'A refusal without a reason',
    symptoms: [
      [
        'Docker 29, buildx, containerd, nerdctl',
        `failed to resolve source metadata for ${image}: unexpected status from HEAD request to ${manifest}: 403 Forbidden`,
      ],
      ['containerd, old', `failed to resolve reference "${image}": unexpected status code [manifests 1]: 403 Forbidden`],
      ['crane', `Error: HEAD ${manifest}: unexpected status code 403 Forbidden (HEAD responses have no body, use GET for details)`],
      ['oras', `Error: failed to resolve 1: HEAD "${manifest}": response status code 403: Forbidden`],
      ['kubelet', `Back-off pulling image "${image}": ErrImagePull: 403 Forbidden`],
      ['podman', `Error: initializing source docker://${image}: reading manifest 1 in ${host}/team/app: StatusCode: 403, ""`],
      ['Docker', `Error response from daemon: error parsing HTTP 403 response body: unexpected end of JSON input: "" (${host}/team/app)`],
    ],
    when: facts =>
      facts.find(/403 Forbidden|\bstatus code 403|StatusCode: 403|HTTP 403|: 403\b|403 \(Forbidden\)/, isEcr) ?? facts.status === 403,
    tell: told => ({
      sentence: `${told.host} refuses with 403 and without words. Three things read like this: the token is too old, it was fetched in another region, or a statement is missing in one of the three gates. The answer to HEAD has no body, so IAM's reason does not show.`,
      side: `the client's password, or the policies: identity policy of whoever fetched the token, repository policy and registry policy in account ${accountOf(told)}`,
      remedy:
        'Ask with GET, whose answer has the reason: `ecr-courier check IMAGE` does, and names the statement. Logging in again rules out the first two.',
      paste: [{ what: 'Ask with GET', kind: 'command', text: `ecr-courier check ${imageOf(told)}` }],
    }),
  }),
  row({
    id: 'password-refused',
    title: 'The password is refused',
    symptoms: [
      ['crane', `Error: fetching manifest ${image}: GET ${manifest}: unexpected status code 401 Unauthorized: Not Authorized`],
      [
        'skopeo',
        `time="2026-11-20T10:00:00Z" level=fatal msg="Error parsing image name \\"docker://${image}\\": reading manifest 1 in ${host}/team/app: unauthorized: authentication required"`,
      ],
      [
        'podman',
        `Error: initializing source docker://${image}: unable to retrieve auth token: invalid username/password: unauthorized: authentication required`,
      ],
      ['Docker', `Error response from daemon: login attempt to https://${host}/v2/ failed with status: 401 Unauthorized`],
      ['Docker', `Error response from daemon: login attempt to https://${host}/v2/ failed with status: 400 Bad Request`],
      [
        'kaniko',
        `error checking push permissions -- make sure you entered the correct tag name, and that you are authenticated correctly, and try again: checking push permission for "${image}": POST https://${host}/v2/team/app/blobs/uploads/: unexpected status code 401 Unauthorized: Not Authorized`,
      ],
      ['containerd', `unexpected status from HEAD request to ${manifest}: 401 Unauthorized`],
      ['oras', `Error response from registry: failed to resolve 1: HEAD "${manifest}": response status code 401: Unauthorized`],
      ['Docker, which does not name the registry', 'Error response from daemon: unauthorized: authentication required'],
      ['Portainer', '{"message":"unauthorized: authentication required"}'],
    ],
    when: facts =>
      facts.find(
        /401 Unauthorized|status code 401|StatusCode: 401|401 \(Unauthorized\)|invalid username.password|Not Authorized|authentication required|failed with status: 400 Bad Request/,
        isEcr,
      ) ??
      facts.find(/unauthorized: authentication required/, orUnsaid(isEcr)) ??
      facts.status === 401,
    tell: told => ({
      sentence: `${told.host === 'the registry' ? 'The registry (the text does not say which)' : told.host} does not accept the password that was sent, or none was sent. At ECR that is a token that is too old, cut short, of another region or partition, or with another user name than AWS.`,
      side: keeper,
      remedy:
        'Log in again with a token of the region in the name of the registry. The user name is always AWS. One token serves all accounts that its identity may pull from, but one region only.',
      paste: [login(told)],
    }),
  }),
  row({
    id: 'not-logged-in',
    title: 'No login for this registry',
    symptoms: [
      ['Docker 20 to 28', `Error response from daemon: Head "${manifest}": no basic auth credentials`],
      ['Docker, old', `Error response from daemon: Get https://${host}/v2/team/app/manifests/1: no basic auth credentials`],
      [
        'kubelet with containerd',
        `Failed to pull image "${image}": rpc error: code = Unknown desc = failed to pull and unpack image "${image}": failed to resolve reference "${image}": pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials`,
      ],
      [
        'nerdctl',
        `FATA[0001] failed to resolve reference "${image}": pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials`,
      ],
      [
        'buildx',
        `ERROR: failed to solve: ${image}: failed to resolve source metadata for ${image}: pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials`,
      ],
      ['Docker, push', 'no basic auth credentials'],
      ['oras', `Error: GET "${manifest}": basic credential not found`],
      ['Rancher 1.6', `Image pull failed: Get https://${host}/v2/team/app/manifests/1: no basic auth credentials`],
      [
        'ECS',
        `CannotPullContainerError: Error response from daemon: Get https://${host}/v2/team/app/manifests/1: no basic auth credentials`,
      ],
    ],
    when: facts =>
      facts.find(/no basic auth credentials|basic credential not found/, orUnsaid(isEcr)) ??
      facts.find(/pull access denied|may require 'docker login'|push access denied|requested access to the resource is denied/, isPrivate),
    tell: told => ({
      sentence: `${told.host} was asked without a password: the client has no login for this very host name, or its credential helper gave none. (Docker says so too where the token in its file is of another region.)`,
      side: 'the client that pulled: its file of logins, its credential helper, or the pull secret or entry in the manager',
      remedy:
        'Look in the file of the user that really pulls (root, a service, the kubelet and Docker Desktop have others than you): the key must be the bare host name. On nodes of Kubernetes look at the credential provider or the pull secret; with a credential helper run it by hand, it tells the reason.',
      paste: [login(told)],
    }),
  }),
];

const imageOf = ({ facts }: Told): string =>
  facts.registry
    ? `${facts.registry.host}/${facts.repository ?? 'NAME'}${facts.reference ? `${facts.reference.startsWith('sha256:') ? '@' : ':'}${facts.reference}` : ''}`
    : 'IMAGE';
