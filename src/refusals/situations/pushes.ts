import { isEcr, isPrivate, isRegistry, orUnsaid } from '../hosts.ts';
import { example, row, type Situation, type Told } from '../situation.ts';
import { accountOf, imageOf, isAsked, repositoryCommand } from './pulled.ts';
import { emptyRefusal } from './ways.ts';

const { host, image } = example;
const ofUpload = /(Post|Put|Patch) "?https:\/\/[^\s"]{1,300}\/blobs\/uploads\/[^\s"]{0,2000}"?: EOF\b/;

const rightsToPush = (told: Told) =>
  ({ what: 'The rights to push', kind: 'command', text: `ecr-courier policy push ${imageOf(told)}` }) as const;

/** Failures of pushes. */
export const pushes: readonly Situation[] = [
  row({
    id: 'push-cut',
    title: 'A push is cut off, again and again',
    symptoms: [
      [
        'Docker',
        `The push refers to repository [${host}/team/app]\na53c8ed5f326: Retrying in 1 second\n78e16537476e: Retrying in 1 second\nc3a550784113: Waiting\nEOF`,
      ],
      ['Docker', `The push refers to repository [${host}/team/app]\n8ac8bfaff55a: Retrying in 10 seconds`],
      ['AWS CDK', `fail: docker push ${host}/team/app:1 exited with error code 1: EOF`],
      [
        'CodeBuild',
        `919b9aaa34c1: Retrying in 1 second\nEOF\n\n[Container] 2026/11/20 10:00:00 Command did not execute successfully docker push ${host}/team/app:1 exit status 1`,
      ],
      ['Serverless', `Encountered error during executing: docker push,${host}/team/app:1\n128128ebb44b: Retrying in 1 second\nEOF`],
      ['Docker, one layer', `Put "https://${host}/v2/team/app/blobs/uploads/5c1": EOF`],
      ['buildx', `#12 0.643 error: failed to do request: Post "https://${host}/v2/team/app/blobs/uploads/": EOF`],
      [
        'kaniko',
        `error checking push permissions -- make sure you entered the correct tag name, and that you are authenticated correctly, and try again: checking push permission for "${image}": Post "https://${host}/v2/team/app/blobs/uploads/": EOF`,
      ],
    ],
    when: ({ find }) =>
      find(ofUpload, isRegistry) ??
      find(/docker push[ ,]\S{1,300} (exited|failed) with (error |exit )?code:? \d{1,3}: EOF\b/, isRegistry) ??
      (find(/Retrying in \d{1,3} second/) && find(/push refers to (a )?repository|docker push[ ,](?=\S)\S{1,300}/, isRegistry)),
    tell: told => ({
      sentence: `${told.host} cuts each attempt to upload, and says nothing: ECR does so where the repository is not there, or where the right to push is missing.`,
      side: `the repository (it is part of the name, and ECR makes none at a push unless a template of ${accountOf(told)} says so), or the identity policy of whoever pushes`,
      remedy:
        'Look whether the repository is there, in the account and region of the name, and create it. Then compare the rights. A network that cuts large requests (proxy, VPN, MTU) reads the same.',
      paste: [repositoryCommand(told), rightsToPush(told)],
    }),
  }),
  row({
    id: 'repository-full',
    title: 'The repository is full',
    symptoms: [
      [
        'Docker, push',
        "denied: The repository with name 'team/app' in registry with id '123456789012' already has the maximum allowed number of images which is '10000'",
      ],
      [
        'buildx',
        "ERROR: failed to push public.ecr.aws/q9t5s3a7/app:1: denied: The repository with name 'app' in registry with id 'q9t5s3a7' already has the maximum allowed number of images which is '100000'",
      ],
    ],
    when: ({ find }) => find(/already has the maximum allowed number of images( which is '(?<most>\d+)')?/),
    tell: told => ({
      sentence: `The repository has as many images as it may have${told.groups['most'] === undefined ? '' : ` (${told.groups['most']})`}, so it takes no more. Login and rights are good.`,
      side: 'whoever keeps the repository',
      remedy:
        'Let a lifecycle policy of the repository remove old images, or ask for a higher quota (Service Quotas, Amazon ECR, images per repository). Untagged images count as well.',
    }),
  }),
  row({
    id: 'push-refused-without-words',
    title: 'A push is refused, and the client does not show why',
    symptoms: [
      [
        'buildx',
        `ERROR: failed to solve: failed to push ${image}: failed commit on ref "manifest-sha256:cf82f3a2": unexpected status from PUT request to https://${host}/v2/team/app/manifests/1: 403 Forbidden`,
      ],
      [
        'buildx',
        `failed to push ${image}: unexpected status from POST request to https://${host}/v2/team/app/blobs/uploads/: 403 Forbidden`,
      ],
      [
        'Docker',
        `The push refers to repository [${host}/team/app]\nerror parsing HTTP 403 response body: unexpected end of JSON input: ""`,
      ],
    ],
    when: facts =>
      !isAsked(facts) &&
      !facts.find(/403 Forbidden: \w/) &&
      (facts.find(/unexpected status from (PUT|POST|PATCH) request to https:\/\/[^\s"]{1,400}: 403 Forbidden/, isPrivate) ??
        (facts.find(emptyRefusal) && facts.find(/push refers to (a )?repository/, isPrivate))),
    tell: told => ({
      sentence: `${told.host} refuses the push with 403, and the client does not show the reason: a right to push is missing, the token is too old, or the repository has as many images as it may have.`,
      side: `whoever pushes, the policies in ${accountOf(told)}, or whoever keeps the repository`,
      remedy:
        'Push once with `docker push`, which shows the reason, and give that to `ecr-courier why`. Logging in again rules out the token; the number of images is 10,000 at most where no quota was raised.',
      paste: [rightsToPush(told)],
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
    id: 'image-there',
    title: 'The image is there already',
    symptoms: [
      [
        'AWS CLI',
        "An error occurred (ImageAlreadyExistsException) when calling the PutImage operation: Image with digest 'sha256:5c1' and tag '1' already exists in the repository with name 'team/app' in registry with id '123456789012'",
      ],
    ],
    when: ({ find }) => find(/ImageAlreadyExistsException/),
    tell: () => ({
      sentence: 'The very same image is there already under that tag, so nothing was changed.',
      side: 'the script that pushes or tags',
      remedy: 'Nothing: let the script take it for a success.',
    }),
  }),
  row({
    id: 'no-upload-address',
    title: 'An answer to an upload names no address',
    symptoms: [
      [
        'buildah, skopeo, podman',
        `error copying layers and metadata to "docker://${image}": Error writing blob: Error determining upload URL: http: no Location header in response`,
      ],
    ],
    when: ({ find }) => find(/determining upload URL: http: no Location header/, orUnsaid(isEcr)),
    tell: told => ({
      sentence: 'The answer to an upload came without an address to go on with: a proxy took it out, or something else than ECR answered.',
      side: 'a proxy or gateway between the machine that pushes and ECR',
      remedy: 'Push from a machine without that proxy, or let ECR go around it (NO_PROXY). Look whether the repository is there, too.',
      paste: [repositoryCommand(told)],
    }),
  }),
];
