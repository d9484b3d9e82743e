import { isPublic, isRegistry, orUnsaid } from '../hosts.ts';
import { example, row, type Situation } from '../situation.ts';
import { publicLogout } from './pulled.ts';

const { host } = example;

const bearer = /Requesting bear(er)? token: .{0,60}\b405\b/;

/** Failures with bearer tokens in place of user and password: ECR Public issues them, private registries do not. */
export const bearers: readonly Situation[] = [
  row({
    id: 'token-service-refused',
    title: 'The token service of a registry refuses (Helm, containerd)',
    symptoms: [
      ['Helm', 'Error: failed to authorize: failed to fetch oauth token: unexpected status: 403 Forbidden'],
      ['Helm', 'Error: INSTALLATION FAILED: failed to authorize: failed to fetch oauth token: unexpected status: 401 Unauthorized'],
      [
        'Helm',
        'Error: failed to authorize: failed to fetch oauth token: unexpected status from GET request to https://public.ecr.aws/token/?scope=repository%3Akarpenter%2Fkarpenter%3Apull&service=public.ecr.aws: 403 Forbidden',
      ],
      [
        'Helm, with its command line',
        `$ helm pull oci://${host}/chart --version 1\nError: failed to authorize: failed to fetch oauth token: unexpected status: 401 Unauthorized`,
      ],
    ],
    when: ({ find }) => find(/failed to fetch oauth token: unexpected status/, orUnsaid(isRegistry)),
    tell: ({ facts: { registry } }) =>
      registry?.service === 'ecr'
        ? {
            sentence: `The client asked a token service, and ${registry.host} has none: private ECR registries take the login itself. So something else answered in its place, or the client was sent to another registry.`,
            side: 'a proxy or mirror between the client and ECR, or the settings of the client (mirrors, dependencies of a chart)',
            remedy: 'Look what the registry answers from that machine: ECR asks for a login of the kind Basic.',
            paste: [{ what: 'Who answers', kind: 'command', text: `curl -si https://${registry.host}/v2/ | grep -i www-authenticate` }],
          }
        : {
            sentence:
              'The client asked a token service with a stored login, and was refused. Of AWS only public.ecr.aws has such a service (private ECR registries take the login itself): it gives charts and images to everybody, and an old login is worse than none.',
            side: 'the client: its file of logins has an old entry for that registry. Helm has a file of its own, and reads that of Docker as well',
            remedy:
              'Log out in both, and pull again. If the chart is of another registry than public.ecr.aws, the matter has nothing to do with ECR.',
            paste: [publicLogout],
          },
  }),
  row({
    id: 'token-service-method',
    title: 'A bearer token is asked for in a way that the registry does not know',
    symptoms: [
      [
        'podman, skopeo',
        'Error: initializing source docker://public.ecr.aws/nginx/nginx:1: Requesting bear token: invalid status code from registry 405 (Method Not Allowed)',
      ],
      [
        'podman, skopeo',
        `Error: initializing source docker://${host}/team/app:1: Requesting bear token: invalid status code from registry 405 (Method Not Allowed)`,
      ],
      ['buildx, containerd', `unexpected status code https://${host}/token: 405 Method Not Allowed`],
    ],
    when: ({ find }) =>
      find(bearer, isRegistry) ??
      find(
        /unexpected status (code|from \w{3,7} request to) https:\/\/[^\s"/]{1,200}\/(?!v2\/)[^\s"]{0,300}: 405 Method Not Allowed/,
        isRegistry,
      ),
    tell: ({ host: at, facts: told }) => ({
      sentence: `${told.find(bearer) ? `The client asked ${at} for a bearer token in a way that it does not know (405).` : `The client asked ${at} at an address at which it takes no such request (405), as registries are served below /v2/ alone. Mostly it wanted a bearer token there.`} A private ECR registry has no tokens of that kind: it takes user and password with each request. ECR Public gives them to a GET alone, and a client with an identity token in its file of logins asks by POST.`,
      side: 'the client: its version, and an identity token (`identitytoken`) for that host in its file of logins; or a proxy, a mirror or a prefix of a path in its settings',
      remedy: `Log out of ${at}, update the client, and log in with the user name AWS and an ECR token. ECR Public needs no login for pulls.`,
      paste: [{ what: 'What the registry asks for', kind: 'command', text: `curl -si https://${at}/v2/ | grep -i www-authenticate` }],
    }),
  }),
  row({
    id: 'public-bearer',
    title: 'ECR Public wants a bearer token',
    symptoms: [
      [
        'curl, Terraform',
        'https://public.ecr.aws/v2/docker/library/alpine/tags/list {"errors":[{"code":"DENIED","message":"Your Authorization Token is invalid."}]}',
      ],
    ],
    when: ({ find }) => find(/Your Authorization Token is invalid/, isPublic),
    tell: () => ({
      sentence:
        'ECR Public does not take the login as it was sent: it wants a token as `Bearer`, where private registries take user and password (`Basic`) with each request.',
      side: 'the program that asked',
      remedy:
        'Update it, or let it go the way of Docker: ask https://public.ecr.aws/token/ for a bearer token, with the login or without. Pulling needs no login.',
    }),
  }),
];
