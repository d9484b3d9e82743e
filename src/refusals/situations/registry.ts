import { isEcr, isPrivate, orUnsaid } from '../hosts.ts';
import { example, row, type Situation } from '../situation.ts';
import { accountOf, imageOf } from './pulled.ts';

const { host } = example;

/** Refusals in the registry's own words. */
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
];
