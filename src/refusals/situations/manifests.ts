import { isEcr, isPrivate, isRegistry, orUnsaid } from '../hosts.ts';
import { example, row, type Situation } from '../situation.ts';
import { repositoryOf } from './pulled.ts';

const { host, image } = example;

/** A missing layer: a client requests one only after it has read the manifest that names it. */
const goneBlob =
  /failed open: (content at https:\/\/\S{1,400}\/blobs\/\S{1,200} not found|unexpected status (code |from GET request to )https:\/\/\S{1,400}\/blobs\/\S{1,200}: 404 Not Found)/;

/** Pushes that are incomplete, or have a format that ECR does not accept. */
export const manifests: readonly Situation[] = [
  row({
    id: 'layers-missing',
    title: 'Layers or images of a list were not uploaded',
    symptoms: [
      [
        'oras, and others',
        `{"errors":[{"code":"BLOB_UPLOAD_UNKNOWN","message":"Layers with digests '[sha256:e3b0c442]' required for pushing image into repository with name 'team/app' in the registry with id '123456789012' do not exist"}]}`,
      ],
      [
        'buildx, docker manifest',
        "ReferencedImagesNotFoundException: Images with digests '[sha256:5c1]' required for pushing image into repository with name 'team/app' in the registry with id '123456789012' do not exist",
      ],
      [
        'AWS CLI',
        "An error occurred (LayersNotFoundException) when calling the GetDownloadUrlForLayer operation: The layer with digest 'sha256:5c1' does not exist within the repository with name 'team/app' in the registry with id '123456789012'",
      ],
      [
        'containerd',
        `failed to copy: httpReadSeeker: failed open: content at https://${host}/v2/team/app/blobs/sha256:5c1 not found: not found`,
      ],
      ['crane, containerd', `GET https://${host}/v2/team/app/blobs/sha256:5c1: BLOB_UNKNOWN: blob unknown to registry`],
    ],
    when: ({ find, status }) =>
      find(
        /(Layers|Images) with digests? .{1,400}?required for pushing image( into repository with name '(?<name>[a-z0-9._/-]+)')?|layer with digest .{1,100}? does not exist within the repository with name '(?<name>[a-z0-9._/-]+)'/,
      ) ??
      find(/LayersNotFoundException|ReferencedImagesNotFoundException/) ??
      find(/BLOB_UNKNOWN|blob unknown to registry/, host => status === 404 || isRegistry(host)) ??
      find(goneBlob, isPrivate),
    tell: told => ({
      sentence: `The repository ${repositoryOf(told) ?? 'that was named'} does not have a part that the image names (a layer, or an image of a list): it was not uploaded there, or not as one that ECR takes (ECR takes no empty layer).`,
      side: 'the client that pushes or copies',
      remedy:
        'Push the whole image again, with a newer version of the tool. A tool that copies a manifest alone must copy its layers first. OCI artefacts without a config name the empty descriptor, `{}`.',
    }),
  }),
  row({
    id: 'upload-empty',
    title: 'A layer without content',
    symptoms: [
      [
        'AWS CLI, CloudTrail',
        "EmptyUploadException: The upload with id '5c1' in the repository with name 'team/app' in registry with id '123456789012' cannot be completed because it does not have any parts",
      ],
    ],
    when: ({ find }) => find(/EmptyUploadException|cannot be completed because it does not have any parts/),
    tell: () => ({
      sentence: 'The client uploads a layer or config of no bytes, which ECR does not take.',
      side: 'the client that pushes',
      remedy: 'Update it: artefacts without a config name the empty descriptor of OCI 1.1, whose content is `{}`.',
    }),
  }),
  row({
    id: 'build-cache-refused',
    title: 'ECR does not take the cache of buildx',
    symptoms: [
      [
        'buildx',
        `error: failed to solve: rpc error: code = Unknown desc = error writing manifest blob: failed commit on ref "sha256:dbddfa9dc32dd219457de9c9b1534f667024da6e36e5a085f7f52540fc9ef9af": unexpected status from PUT request to https://${host}/v2/team/app/manifests/cache-of-the-main-branch: 400 Bad Request`,
      ],
    ],
    when: ({ find }) => find(/error writing manifest blob: failed commit on ref .{1,600}?: 400 Bad Request/, isEcr),
    tell: () => ({
      sentence:
        'The cache that buildx writes has a form of its own unless told otherwise, and ECR takes images alone. The image itself is another matter.',
      side: 'the command that builds: its --cache-to',
      remedy: 'Let it write the cache as an image (BuildKit 0.12 or later).',
      paste: [
        {
          what: 'A cache that ECR takes',
          kind: 'command',
          text: 'docker buildx build --cache-to type=registry,ref=HOST/NAME:cache,mode=max,image-manifest=true,oci-mediatypes=true .',
        },
      ],
    }),
  }),
  row({
    id: 'push-bad-request',
    title: 'ECR does not take a manifest, and the client does not show why',
    symptoms: [
      [
        'buildx',
        `ERROR: failed to push: unexpected status from PUT request to https://${host}/v2/team/app/manifests/buildcache: 400 Bad Request`,
      ],
      ['containerd, buildx', `unexpected status from PUT request to https://${host}/v2/team/app/manifests/1: 400 Bad Request`],
    ],
    when: ({ find }) =>
      find(/unexpected status from PUT request to https:\/\/\S{1,300}\/manifests\/\S{1,200}: 400 Bad Request(?!: \w)/, isEcr),
    tell: () => ({
      sentence:
        'ECR took the login and not the manifest, and the client does not show the reason. There are two: the tag is there and the repository is immutable, or the form is one that ECR does not take, such as the cache that buildx writes unless told otherwise.',
      side: 'the command that builds (its --cache-to, its tag), or the settings of the repository (tag mutability)',
      remedy:
        'For a cache, let buildx write it as an image, under a tag that may be overwritten. For an image, push another tag, or push once with `docker push`, which shows the reason.',
      paste: [
        {
          what: 'A cache that ECR takes',
          kind: 'command',
          text: 'docker buildx build --cache-to type=registry,ref=HOST/NAME:cache,mode=max,image-manifest=true,oci-mediatypes=true .',
        },
        {
          what: 'Whether tags may be overwritten',
          kind: 'command',
          text: "aws ecr describe-repositories --region REGION --query 'repositories[].[repositoryName,imageTagMutability]'",
        },
      ],
    }),
  }),
  row({
    id: 'manifest-unsupported',
    title: 'ECR does not take the manifest',
    symptoms: [
      [
        'cosign, apko',
        `PUT https://${host}/v2/team/app/manifests/sha256-186a7f24.sbom: UNSUPPORTED: Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid JSON syntax'`,
      ],
      [
        'oras and its kin',
        "response status code 405: unsupported: Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid JSON syntax'",
      ],
      ['Docker, old clients', `unexpected status from PUT request to https://${host}/v2/team/app/manifests/latest: 405 Method Not Allowed`],
      [
        'AWS CLI',
        "An error occurred (InvalidParameterException) when calling the PutImage operation: Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid JSON syntax'",
      ],
      [
        'crane',
        `failed to copy index: PUT https://${host}/v2/team/app/manifests/sha256:cb8a924a: UNSUPPORTED: Invalid parameter at 'ImageTag' failed to satisfy constraint: 'You must specify the image tag for this image type'`,
      ],
    ],
    when: ({ find }) =>
      find(/Invalid parameter at 'Image(Manifest|Tag)' failed to satisfy constraint/) ??
      find(/(PUT request to|manifests\/\S{1,200}:) .{0,300}405 Method Not Allowed|status: 405 Method Not Allowed/, isEcr),
    tell: () => ({
      sentence: 'ECR takes the login, and not the manifest: its form is one that ECR does not know, or it does not name its media type.',
      side: 'the client that pushes, or an option of it',
      remedy:
        'Update the client. A manifest of OCI must name its mediaType; of buildx leave `oci-artifact=true` out. `aws ecr put-image` needs --image-manifest-media-type for OCI manifests. (The words say "JSON syntax" for all of these.)',
    }),
  }),
  row({
    id: 'upload-out-of-step',
    title: 'ECR got other bytes of a layer than it was told',
    symptoms: [
      [
        'kaniko, apple/container, and others',
        `error pushing image: failed to push to destination ${image}: BLOB_UPLOAD_INVALID: First byte of the layer part is 10485760 instead of 20971520`,
      ],
      [
        'regclient, .NET SDK, and others',
        '{"errors":[{"code":"BLOB_UPLOAD_INVALID","message":"None of the provided layer digests match the calculated layer digest"}]}',
      ],
      [
        'AWS SDKs',
        'InvalidLayerPartException: The layer part size is not valid, or the first byte specified is not consecutive to the last byte of a previous layer part upload',
      ],
    ],
    when: ({ find }) =>
      find(
        /First byte of the layer part is \d{1,15} instead of \d|provided layer digests match the calculated|InvalidLayerPartException/,
        orUnsaid(isEcr),
      ),
    tell: () => ({
      sentence:
        'ECR did not get the bytes of a layer as the client announced them: after a break the client began the upload again or left bytes out, sent parts side by side, or the layer changed meanwhile. Login and rights are good.',
      side: 'the client that pushes, or the network between it and ECR',
      remedy:
        'Push again. If it comes back, update the client, and let it upload fewer layers at once; a proxy that repeats or cuts large requests does the same.',
    }),
  }),
];
