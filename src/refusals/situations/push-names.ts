import { isPrivate, isRegistry } from '../hosts.ts';
import { example, row, type Situation } from '../situation.ts';
import { accountOf, repositoryCommand } from './pulled.ts';

const { host, image } = example;

/** Pushes of an image, or to a repository, that is not there. */
export const pushNames: readonly Situation[] = [
  row({
    id: 'push-nowhere',
    title: 'A push goes to a repository that is not there',
    symptoms: [
      [
        'buildx, containerd',
        `ERROR: failed to push ${image}: unexpected status from POST request to https://${host}/v2/team/app/blobs/uploads/: 404 Not Found`,
      ],
      ['ECR Public', 'unexpected status from POST request to https://public.ecr.aws/v2/q9t5s3a7/app/blobs/uploads/: 404 Not Found'],
    ],
    when: ({ find }) =>
      find(
        /unexpected status from POST request to https:\/\/[^\s"]{1,300}?\/v2\/(?<name>[^\s"]{1,256})\/blobs\/uploads\/?\S{0,200}: 404 Not Found/,
        isRegistry,
      ),
    tell: told => ({
      sentence: `${told.host} has no repository ${told.groups['name'] ?? 'of that name'}, and a push makes none${isPrivate(told.host) ? ` unless a template of ${accountOf(told)} says so` : ''}.`,
      side: 'the name of the image (account and region are part of it), or whoever creates the repositories',
      remedy:
        'Compare the name, the account and the region, and create the repository. One of ECR Public is created in us-east-1 (`aws ecr-public`).',
      paste: isPrivate(told.host) ? [repositoryCommand(told)] : [],
    }),
  }),
  row({
    id: 'push-not-here',
    title: 'Docker does not have the image that it is to push',
    symptoms: [
      ['Docker', `The push refers to repository [${host}/team/app]\nAn image does not exist locally with the tag: ${host}/team/app`],
      ['Docker', `The push refers to repository [${host}/team/app]\ntag does not exist: ${image}`],
      ['Pulumi', `error: An image does not exist locally with the tag: ${host}/team/app`],
    ],
    when: ({ find }) => find(/(image does not exist locally with the tag|tag does not exist): (?<image>\S{1,300})/, isRegistry),
    tell: ({ groups }) => ({
      sentence: `Docker has no image ${(groups['image'] ?? 'of that name').replace(/["'\]},]+$/, '')} on the machine that pushes, so nothing was sent. Login and rights were not judged.`,
      side: 'the script that builds and pushes: the build failed or gave another name or tag, or its builder keeps the image for itself',
      remedy:
        'Give the image that very name (`docker tag`), and look whether the build before it ended well. A builder of buildx needs --load, or --push in place of `docker push`.',
      paste: [{ what: 'The images that are here', kind: 'command', text: 'docker image ls' }],
    }),
  }),
];
