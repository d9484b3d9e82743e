import { isEcr, isPrivate, isPublic, type Of, orUnsaid } from '../hosts.ts';
import { example, row, type Situation } from '../situation.ts';
import { accountOf, imageOf, isAsked } from './pulled.ts';
import { wordsBehind } from './ways.ts';

const { host, image, manifest } = example;

/** Public images need none of the policies. */
const isOwn: Of = host => isEcr(host) && !isPublic(host);
/** The registry refuses. */
export const registry: readonly Situation[] = [
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
      side: `the policies: identity policy of whoever fetched the token, repository policy and registry policy in ${accountOf(told)}`,
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
      !isAsked(facts) &&
      !facts.find(wordsBehind, isOwn) &&
      facts.find(/403 Forbidden|\bstatus code 403|\(status=403 body=\W{0,4}\)|StatusCode: 403|HTTP 403|: 403\b|403 \(Forbidden\)/, isOwn),
    tell: told => ({
      sentence: `${told.host} refuses with 403 and without words. Three things read like this: the token is too old, it was fetched in another region, or a statement is missing in one of the three gates. The answer to HEAD has no body, so IAM's reason does not show.`,
      side: `the client's password, or the policies: identity policy of whoever fetched the token, repository policy and registry policy in ${accountOf(told)}`,
      remedy:
        'Ask with GET, whose answer has the reason: `ecr-courier check IMAGE` does, and names the statement. Logging in again rules out the first two.',
      paste: [{ what: 'Ask with GET', kind: 'command', text: `ecr-courier check ${imageOf(told)}` }],
    }),
  }),
];
