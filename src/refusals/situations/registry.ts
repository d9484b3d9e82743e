import type { Paste } from '../diagnosis.ts';
import type { Facts, Place } from '../facts.ts';
import { explainDenial } from '../gates.ts';
import { isEcr, isPrivate, isPublic, type Of, orUnsaid } from '../hosts.ts';
import { holderOf } from '../principal.ts';
import { example, row, type Situation, type Told } from '../situation.ts';
import { accountOf, imageOf, isAsked, keeper, login } from './pulled.ts';

const { host, image, manifest } = example;

/** A command line in the text that names another region than the registry. */
function otherRegion({ find, registry: at }: Facts): Place | undefined {
  const asked = find(/get-login(-password)? [^\n|]{0,80}--region[ =](?<region>[a-z]{2}[a-z-]{3,20}-\d)/);
  return asked && at?.service === 'ecr' && asked.groups['region'] !== at.region ? asked : undefined;
}

/** Where we asked ourselves, we know which right was asked for. */
const neededBy = ({ facts: { action = 'none' } }: Told): string => (action === 'none' ? '' : ` what needs ${action}`);

function rightStatements({ facts: { action = 'none', registry: at, repository, principal } }: Told): readonly Paste[] {
  if (action === 'none' || at?.account === undefined || repository === undefined) return [];
  const resource = `arn:${at.partition}:ecr:${at.region}:${at.account}:repository/${repository}`;
  const holder = holderOf(principal);
  const { account } = holder;
  const asked = { action, resource, resourceAccount: at.account, holder, explicit: false };
  return explainDenial({ ...asked, ...(principal !== undefined && { principal }), ...(account !== undefined && { account }) }).paste ?? [];
}

/** Public images need none of the policies. */
const isOwn: Of = host => isEcr(host) && !isPublic(host);
/** A body that says something. */
const words = /"(message|detail)": ?"[^"]|^(?!(\s|403)*(Forbidden)?\s*$)(?!\s*[{[])[^]*\w/;
/** What clients show of such a body. */
const wordsBehind =
  /\b403(: ?Forbidden|[ (]{1,2}Forbidden\)?)?( - Server message: \w|, "[^"]|(: ?| response body: )("[^"]|\{|(denied|unauthorized|DENIED|[A-Z_]{5,}): ))|(server message|docker login'|authorization): denied: (?!requested access|Not Authorized)\w/;

/** The registry refuses. */
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
    id: 'tags-refused',
    title: 'Tags may not be listed',
    symptoms: [
      [
        'Renovate',
        `GET https://${host}/team/app/tags/list?n=1000 = (code=ERR_NON_2XX_3XX_RESPONSE, statusCode=403 retryCount=0, duration=374)`,
      ],
      ['argocd-image-updater', `could not get tags: GET "https://${host}/v2/team/app/tags/list": response status code 403: Forbidden`],
    ],
    when: ({ find }) =>
      find(/\/tags\/list[^\s"]{0,60}"?.{0,100}(statusCode=403|status code 403: Forbidden|403 Forbidden)(?!: \w)/, isPrivate),
    tell: told => ({
      sentence: `${told.host} refuses to list the tags: whoever pulls need not have the right to that (ecr:ListImages), and AWS's own policy to pull only does not have it. A token that is too old reads the same.`,
      side: 'the identity policy of whoever fetched the token of that program',
      remedy: 'Add the right to list beside those to pull. If it is there, look whether the program gets a new token within twelve hours.',
      paste: [{ what: 'The rights to pull and to list', kind: 'command', text: `ecr-courier policy pull,ecr:ListImages ${imageOf(told)}` }],
    }),
  }),
  row({
    id: 'other-region',
    title: 'Logged in for another region',
    symptoms: [
      [
        'Docker, with its command line',
        `$ aws ecr get-login-password --region us-east-1 | docker login --username AWS --password-stdin ${host}\nError response from daemon: login attempt to https://${host}/v2/ failed with status: 400 Bad Request`,
      ],
    ],
    when: otherRegion,
    tell: told => ({
      sentence: `The token was asked for in ${told.groups['region']}, and the registry is in ${told.facts.registry?.region}: a token is good for the registries of its own region only.`,
      side: 'the command or script that logs in',
      remedy: 'Name the region that stands in the name of the registry.',
      paste: [login(told)],
    }),
  }),
  row({
    id: 'denied-cut',
    title: 'IAM refuses, and the text is cut off',
    symptoms: [
      [
        'podman, skopeo',
        `checking whether a blob sha256:aaaa exists in ${host}/team/app: StatusCode: 403, "{\\"errors\\":[{\\"code\\":\\"DENIED\\",\\"message\\":\\"User: arn:aws:sts::1234..."`,
      ],
      ['Docker, cut by a column', 'denied: User: arn:aws:sts::123456789012:assumed-role/ci/session is not authorized to perform: ecr:De'],
    ],
    when: ({ find }) =>
      find(/\bUser: arn:/, isEcr) ??
      find(/denied.{0,60}User: arn:/, orUnsaid(isEcr)) ??
      find(/not authorized to perform: (ecr|ecr-public): ?\w*/),
    tell: told => ({
      sentence: `IAM refuses, and ${told.host} accepts the token: a statement is missing, or a Deny matches. The text is cut off before it says which action, on what, and why.`,
      side: `the policies: identity policy of whoever fetched the token, repository policy and registry policy in account ${accountOf(told)}`,
      remedy:
        'Find the whole line in the log, and give it to `ecr-courier why`. For a pull `ecr-courier check IMAGE` asks again and names the statement.',
      paste: [{ what: 'Ask again', kind: 'command', text: `ecr-courier check ${imageOf(told)}` }],
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
      isAsked(facts)
        ? facts.status === 403 && !facts.find(words)
        : !facts.find(wordsBehind, isOwn) &&
          facts.find(/403 Forbidden|\bstatus code 403|StatusCode: 403|HTTP 403|: 403\b|403 \(Forbidden\)/, isOwn),
    tell: told => ({
      sentence: `${told.host} refuses with 403 and without words${neededBy(told)}. Three things read like this: the token is too old, it was fetched in another region, or a statement is missing in one of the three gates.${isAsked(told.facts) ? '' : " The answer to HEAD has no body, so IAM's reason does not show."}`,
      side: `the client's password, or the policies: identity policy of whoever fetched the token, repository policy and registry policy in account ${accountOf(told)}`,
      remedy: isAsked(told.facts)
        ? 'Log in again, which rules out the first two; then compare the policies with those of `ecr-courier policy`.'
        : 'Ask with GET, whose answer has the reason: `ecr-courier check IMAGE` does, and names the statement. Logging in again rules out the first two.',
      paste: isAsked(told.facts)
        ? rightStatements(told)
        : [{ what: 'Ask with GET', kind: 'command', text: `ecr-courier check ${imageOf(told)}` }],
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
      ['kaniko, old', 'error pushing image: unsupported status code 401; body: Not Authorized'],
      ['Rancher 1.6', `Image [${image}] failed to pull: unauthorized: authentication required`],
      ['Portainer', '{"message":"unauthorized: authentication required"}'],
    ],
    when: facts =>
      facts.find(
        /401 Unauthorized|status code 401|StatusCode: 401|401 \(Unauthorized\)|invalid username.password|Not Authorized|authentication required|failed with status: 400 Bad Request/,
        isEcr,
      ) ??
      facts.find(
        /unauthorized: authentication required|(denied|unauthorized|401.{0,40}): Not Authorized|login attempt to \S+ failed with status: 40[01]/,
        orUnsaid(isEcr),
      ) ??
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
      (!facts.find(wordsBehind, isPrivate) &&
        facts.find(
          /pull access denied|may require 'docker login'|push access denied|requested access to the resource is denied/,
          isPrivate,
        )),
    tell: told => ({
      sentence: `${told.host} was asked without a password: the client has no login for this very host name, or its credential helper gave none. (Docker says so too where the token in its file is of another region.)`,
      side: 'the client that pulled: its file of logins, its credential helper, or the pull secret or entry in the manager',
      remedy:
        'Look in the file of the user that really pulls (root, a service, the kubelet and Docker Desktop have others than you): the key must be the bare host name. On nodes of Kubernetes look at the credential provider or the pull secret; with a credential helper run it by hand, it tells the reason.',
      paste: [login(told)],
    }),
  }),
];
