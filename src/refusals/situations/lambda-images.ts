import { policyPaste } from '../diagnosis.ts';
import { isEcr, isPrivate, orUnsaid } from '../hosts.ts';
import { serviceStatement } from '../services.ts';
import { example, row, type Situation } from '../situation.ts';
import { imageOf, imagesCommand, regionOf, registryOption, repositoryOf } from './pulled.ts';

const { image } = example;

/** Failures of functions that are images: Lambda itself pulls them. */
export const lambdaImages: readonly Situation[] = [
  row({
    id: 'lambda-image',
    title: 'Lambda may not read the image',
    symptoms: [
      [
        'AWS Lambda',
        'An error occurred (AccessDeniedException) when calling the CreateFunction operation: Lambda does not have permission to access the ECR image. Check the ECR permissions.',
      ],
      ['AWS Lambda', `Source image ${image} is not valid. Provide a valid source image.`],
      ['AWS Lambda, console', 'The function does not have permission to access the specified image.'],
    ],
    when: ({ find }) =>
      find(/Lambda does not have permission to access the ECR image|The function does not have permission to access the specified image/) ??
      find(/Source image .{1,300} is not valid/, isPrivate),
    tell: told => ({
      sentence:
        'Lambda itself, not your function, pulls the image, and may not: the policy of the repository does not let the service lambda.amazonaws.com in, or the image is in another region or not there.',
      side: 'the repository policy in the account of the image',
      remedy:
        'Add the statement to the policy of the repository. For a function of another account `ecr-courier policy pull IMAGE --for arn:aws:lambda:REGION:ACCOUNT:function:*` prints it together with the one that lets in the account. The repository must be in the region of the function.',
      paste: [
        policyPaste(
          'Statement for the repository policy; ACCOUNT is that of the function',
          serviceStatement({
            service: 'lambda.amazonaws.com',
            sources: [`arn:${told.facts.registry?.partition ?? 'aws'}:lambda:${regionOf(told)}:ACCOUNT:function:*`],
          }),
        ),
        {
          what: 'What its policy says',
          kind: 'command',
          text: `aws ecr get-repository-policy --region ${regionOf(told)}${registryOption(told)} --repository-name ${repositoryOf(told) ?? 'NAME'}`,
        },
      ],
    }),
  }),
  row({
    id: 'lambda-foreign-image',
    title: 'Lambda takes images of private repositories alone',
    symptoms: [
      ['AWS Lambda', 'Source image public.ecr.aws/lambda/python:3.12 is not valid. Provide a valid source image.'],
      [
        'Terraform',
        'Error: error creating Lambda Function (1): InvalidParameterValueException: Source image team-app:latest is not valid. Provide a valid source image.',
      ],
    ],
    when: ({ find }) => find(/Source image (?<name>[\w./:@-]{1,300}) is not valid. Provide a valid source image/, host => !isPrivate(host)),
    tell: ({ groups }) => ({
      sentence: `Lambda takes images of private ECR repositories alone, by their whole address, and ${groups['name'] ?? 'this'} is not one. So no repository was asked.`,
      side: 'the address of the image where the function is set up (`image_uri`, `ImageUri`)',
      remedy:
        'Write ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME:TAG, in the region of the function. An image of another registry must be copied into such a repository first.',
    }),
  }),
  row({
    id: 'lambda-image-missing',
    title: 'Lambda does not find the image',
    symptoms: [['AWS Lambda', `Source image ${image} does not exist. Provide a valid source image.`]],
    when: ({ find }) => find(/Source image .{1,300} does not exist/, orUnsaid(isEcr)),
    tell: told => ({
      sentence: `Lambda found no image ${imageOf(told)}: the repository does not have that tag or digest, or it is in another region than the function. Rights are not the matter.`,
      side: 'the name of the image where the function is set up, or the build that should have pushed it before',
      remedy:
        'Look at the tags of the repository, and let the push end before the function is made or updated. The repository must be in the region of the function.',
      paste: [{ what: 'The images of the repository', kind: 'command', text: imagesCommand(told) }],
    }),
  }),
  row({
    id: 'lambda-media-type',
    title: 'Lambda does not take the form of the image',
    symptoms: [
      [
        'Lambda by CloudFormation',
        `Resource handler returned message: "The image manifest, config or layer media type for the source image ${image} is not supported. (Service: Lambda, Status Code: 400, Request ID: 5c1) (SDK Attempt Count: 1)"`,
      ],
      ['Lambda', `The image manifest or layer media type for the source image ${image} is not supported.`],
      [
        'Terraform',
        'updating Lambda Function code: operation error Lambda: UpdateFunctionCode, The image manifest, config or layer media type for the source image is not supported.',
      ],
    ],
    when: ({ find }) => find(/The image manifest(, config)? or layer media type for the source image/),
    tell: () => ({
      sentence:
        'Lambda pulled the image and does not take its form: it is a list of images (buildx makes one to keep provenance and SBOM), or its layers are compressed in another way than gzip. Login and rights are good.',
      side: 'the build of the image',
      remedy: 'Build one image for one platform, without attestations, and push it again under a new tag.',
      paste: [
        {
          what: 'A build that Lambda takes',
          kind: 'command',
          text: 'docker buildx build --platform linux/amd64 --provenance=false --sbom=false --tag IMAGE --push .',
        },
      ],
    }),
  }),
  row({
    id: 'lambda-kms',
    title: 'Lambda cannot decrypt the image',
    symptoms: [
      [
        'Lambda',
        "An error occurred (KMSAccessDeniedException) when calling the Invoke operation (reached max retries: 2): Lambda can't decrypt the container image because KMS access is denied. Check the function's KMS key settings.",
      ],
    ],
    when: ({ find }) => find(/Lambda can't decrypt the container image/),
    tell: () => ({
      sentence:
        'Lambda keeps a copy of the image, encrypted with a key of KMS, and may not use that key any more. It is not the repository that refuses.',
      side: 'the KMS key of the function: its key policy, its grants and its state',
      remedy:
        'Let the role of the function use the key (kms:Decrypt), look whether it is enabled, and deploy the function again: a role that was deleted and made anew under the same name is another one to KMS.',
    }),
  }),
];
