import { isEcr, isPrivate, isPublic, type Of } from '../hosts.ts';
import { example, row, type Situation, type Told } from '../situation.ts';
import { accountOf, imageOf, isAsked, login } from './pulled.ts';
import { emptyRefusal, wordsBehind } from './ways.ts';

const { host, image, manifest } = example;

/** Whether the host belongs to ECR and is not ECR Public, which has none of the policies. */
const isOwn: Of = host => isEcr(host) && !isPublic(host);
/** Docker's message does not name the registry, so a host nearby counts too. */
const isNear: Of = (host, nearby) => isOwn(host ?? nearby);

/** A 403 without a message for a blob that a manifest names. */
const layerRefused =
  /failed open: unexpected status (code |from GET request to )https:\/\/\S{1,400}\/blobs\/(?<layer>sha256:\w{1,64}): 403 Forbidden(?! - Server message| ?: ?\w)|reading blob \S{1,200} .{0,300}StatusCode: 403, ""/;

/** The image of the failed pull. A layer's digest is not a reference of an image, so a placeholder replaces it. */
const wholeImage = (told: Told): string =>
  told.facts.reference === told.groups['layer'] ? imageOf(told).replace(/@sha256:.*$/, ':TAG') : imageOf(told);

/** Refusals whose reason the client does not show. */
export const unshown: readonly Situation[] = [
  row({
    id: 'reason-not-shown',
    title: 'The registry refuses, and an old Docker does not show why',
    symptoms: [
      [
        'Docker 17.06 to 18.09',
        `Error response from daemon: pull access denied for ${host}/team/app, repository does not exist or may require 'docker login'`,
      ],
      ['Docker 17.03 and older', `Error response from daemon: repository ${host}/team/app not found: does not exist or no pull access`],
      [
        'ECS, CodeBuild',
        `CannotPullContainerError: API error (404): repository ${host}/team/app not found: does not exist or no pull access`,
      ],
      ['Docker', `The push refers to repository [${host}/team/app]\ndenied: requested access to the resource is denied`],
      [
        'ECS and others, which cut the text',
        `Error response from daemon: pull access denied for ${host}/team/app, repository does not exist or may require 'docker login': denied`,
      ],
    ],
    when: ({ find }) =>
      find(/access denied for \S{1,300}, repository does not exist or may require 'docker login'(?! ?: ?(?!denied(?! ?:))\w)/, isPrivate) ??
      find(/repository \S{1,300} not found: does not exist or no pull access/, isPrivate) ??
      find(/denied: requested access to the resource is denied/, (host, nearby) => isPrivate(host ?? nearby)),
    tell: told => ({
      sentence: `${told.host} refuses, and this client does not show the reason: a statement is missing in one of the three gates, or the token is too old or of another region. "Does not exist" are words of Docker, not of ECR, and without any login Docker would say \`no basic auth credentials\`.`,
      side: `the policies: identity policy of whoever fetched the token, repository policy and registry policy in ${accountOf(told)}; or whoever keeps the password for the client`,
      remedy:
        'Log in again: that rules out the token. Then ask for the reason: `ecr-courier check IMAGE` does for a pull, and names the statement. Docker 19.03 and later show it as well.',
      paste: [login(told), { what: 'Ask for the reason', kind: 'command', text: `ecr-courier check ${imageOf(told)}` }],
    }),
  }),
  row({
    id: 'request-malformed',
    title: 'ECR rejects the request as malformed',
    symptoms: [
      ['containerd, k3s', `failed to resolve reference "${image}": unexpected status from HEAD request to ${manifest}: 400 Bad Request`],
      ['crane', `Error: HEAD ${manifest}: unexpected status code 400 Bad Request (HEAD responses have no body, use GET for details)`],
      ['Spinnaker', `Registry https://${host} returned status 400 for request 'team/app' without a WWW-Authenticate header`],
    ],
    when: facts =>
      !isAsked(facts) &&
      facts.find(
        /Registry https:\/\/\S{1,300} returned status 400 for request|\b(GET|HEAD) (request to )?"?https:\/\/[^\s"]{1,400}\/(manifests|blobs)\/[^\s"]{1,200}: .{0,40}\b400 Bad Request(?! ?: ?\w)/,
        isPrivate,
      ),
    tell: told => ({
      sentence: `${told.host} rejects the request as malformed (400), and the client does not show why. Two things read like this: the password is not an ECR token (empty, cut short, encoded twice, or of something else), or the tag or digest is not written as one.`,
      side: 'the pull secret, file of logins or password command of the client, or the name of the image where it is written',
      remedy:
        'Log in again with a new token, complete and exactly as printed. Create a pull secret again from it. If that does not help, look at the tag.',
      paste: [login(told), { what: 'Whether the name is good', kind: 'command', text: `ecr-courier check ${imageOf(told)}` }],
    }),
  }),
  row({
    id: 'layer-refused-without-words',
    title: 'The layers are refused without a reason',
    symptoms: [
      [
        'containerd, kubelet',
        `failed to pull and unpack image "${image}": failed to copy: httpReadSeeker: failed open: unexpected status from GET request to https://${host}/v2/team/app/blobs/sha256:5c1: 403 Forbidden`,
      ],
      [
        'containerd, old',
        `failed to copy: httpReadSeeker: failed open: unexpected status code https://${host}/v2/team/app/blobs/sha256:5c1: 403 Forbidden`,
      ],
      [
        'podman',
        `Error: copying system image from manifest list: reading blob sha256:5c1 in ${host}/team/app: fetching blob: StatusCode: 403, ""`,
      ],
    ],
    when: facts => !isAsked(facts) && facts.find(layerRefused, isOwn),
    tell: told => ({
      sentence: `${told.host} gave out the manifest and refuses the layers with 403, and the client does not show why. The token is good, as it was taken for the manifest: mostly ecr:GetDownloadUrlForLayer is missing in one of the three gates.`,
      side: `the policies: identity policy of whoever fetched the token, repository policy and registry policy in ${accountOf(told)}`,
      remedy:
        '`ecr-courier check IMAGE` asks for a layer as well, and names the statement. `ecr-courier policy` prints all that a pull needs.',
      paste: [
        { what: 'Ask with GET', kind: 'command', text: `ecr-courier check ${wholeImage(told)}` },
        { what: 'The rights to pull', kind: 'command', text: `ecr-courier policy pull ${wholeImage(told)}` },
      ],
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
      [
        'Docker',
        `$ docker pull ${image}\nError response from daemon: error parsing HTTP 403 response body: unexpected end of JSON input: ""`,
      ],
    ],
    when: facts =>
      !isAsked(facts) &&
      !facts.find(wordsBehind, isOwn) &&
      (facts.find(
        /403 Forbidden|\bstatus code 403|\(status=403 body=\W{0,4}\)|StatusCode: 403|HTTP 403|: 403\b|403 \(Forbidden\)|returned status 403 for request/,
        isOwn,
      ) ??
        facts.find(emptyRefusal, isNear)),
    tell: told => ({
      sentence: `${told.host} refuses with 403 and without words. Three things read like this: the token is too old, it was fetched in another region, or a statement is missing in one of the three gates. The answer has no body (one to HEAD never has), so IAM's reason does not show.`,
      side: `the client's password, or the policies: identity policy of whoever fetched the token, repository policy and registry policy in ${accountOf(told)}`,
      remedy:
        'Ask with GET, whose answer has the reason: `ecr-courier check IMAGE` does, and names the statement. Logging in again rules out the first two.',
      paste: [{ what: 'Ask with GET', kind: 'command', text: `ecr-courier check ${imageOf(told)}` }],
    }),
  }),
];
