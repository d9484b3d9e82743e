import { isPublic, isRegistry, orUnsaid } from '../hosts.ts';
import { row, type Situation } from '../situation.ts';
import { publicLogout } from './pulled.ts';
import { notFound } from './ways.ts';

/** Failures of ECR Public, which serves images to all clients and has none of the policies. */
export const publicRegistry: readonly Situation[] = [
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
      facts.find(/toomanyrequests(?!: You have reached)|Too Many Requests(?!.{0,40}You have reached)|Rate exceeded|\b429\b/, isPublic) ??
      facts.find(/toomanyrequests: Data limit exceeded/, orUnsaid(isRegistry)),
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
    id: 'public-missing',
    title: 'ECR Public does not have it',
    symptoms: [
      [
        'Docker',
        "Error response from daemon: repository public.ecr.aws/docker/library/nothing not found: name unknown: The repository with name 'library/nothing' does not exist in the registry with id 'docker'",
      ],
      [
        'containerd',
        'failed to resolve reference "public.ecr.aws/docker/library/nginx:none": public.ecr.aws/docker/library/nginx:none: not found',
      ],
    ],
    when: facts =>
      facts.registry?.service === 'ecr-public' &&
      facts.own?.list === undefined &&
      (facts.find(
        /repository with name .{1,200} does not exist|name unknown|NAME_UNKNOWN|manifest unknown|MANIFEST_UNKNOWN|Requested image not found|manifest for public\.ecr\.aws\S{1,400} not found/,
      ) ??
        facts.find(notFound, isPublic)),
    tell: ({ host: at }) => ({
      sentence: `${at} has no such repository or tag. It gives images to everybody, so rights are not the matter.`,
      side: 'the name of the image where it is written',
      remedy: 'Look for it at gallery.ecr.aws: the first part of the name is the alias of its owner, and tags are removed now and then.',
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
      [
        'Docker',
        "pull access denied for public.ecr.aws/bitnami/golang, repository does not exist or may require 'docker login': denied: Your authorization token has expired. Reauthenticate and try again.",
      ],
      [
        'podman',
        'Error: initializing source docker://public.ecr.aws/x/y:1: Requesting bearer token: invalid status code from registry 403 (Forbidden)',
      ],
      ['Helm', 'Error: unexpected status from HEAD request to https://public.ecr.aws/v2/kro/kro/manifests/0.1.0: 403 Forbidden'],
    ],
    when: facts =>
      facts.find(
        /400 Bad Request|(401|403) \(?(Forbidden|Unauthorized)|(status ?code:? |HTTP )40[13]\b|denied: |unauthorized|no basic auth credentials/,
        isPublic,
      ) ??
      (facts.registry?.service === 'ecr-public' && (facts.status === 403 || facts.status === 401)),
    tell: () => ({
      sentence:
        'ECR Public refused. It gives images to everybody and needs no login: an old entry for public.ecr.aws in the file of logins is worse than no entry.',
      side: 'the client: mostly its file of logins or its keychain has an entry for public.ecr.aws that is too old. One that never asks for a bearer token gets 401 at each pull',
      remedy: 'Log out, or log in again with a token from us-east-1, and update the client. A repository that was deleted reads the same.',
      paste: [publicLogout],
    }),
  }),
  row({
    id: 'flux-public',
    title: 'Flux takes ECR Public for a private registry',
    symptoms: [
      [
        'Flux',
        "failed to get credential from 'aws': failed to parse artifact repository 'public.ecr.aws/aws-controllers-k8s': invalid AWS registry: 'public.ecr.aws'. must match",
      ],
    ],
    when: ({ find }) => find(/invalid AWS registry: '?public\.ecr\.aws/),
    tell: () => ({
      sentence: 'Flux with `provider: aws` expects the name of a private registry, and public.ecr.aws is not one.',
      side: 'the HelmRepository or OCIRepository: its `provider`',
      remedy: 'Leave `provider` out (generic): ECR Public needs no login. Or update Flux.',
    }),
  }),
];
