import { policyPaste } from '../diagnosis.ts';
import { podIdentity, serviceTrustStatement } from '../services.ts';
import { row, type Situation } from '../situation.ts';

const providers = { what: 'The providers of the account', kind: 'command', text: 'aws iam list-open-id-connect-providers' } as const;

/** Responses of STS about the token of a service account or CI job. */
export const webIdentities: readonly Situation[] = [
  row({
    id: 'web-identity-expired',
    title: 'The token of a service account is too old',
    symptoms: [
      [
        'Pods with IRSA',
        'api error ExpiredTokenException: Token expired: current date/time 1795219200 must be before the expiration date/time 1795215600',
      ],
      ['CI job', 'An error occurred (ExpiredTokenException) when calling the AssumeRoleWithWebIdentity operation: Token expired'],
    ],
    when: ({ find }) =>
      find(/Token expired: current date.time|AssumeRoleWithWebIdentity.{0,200}ExpiredToken|ExpiredToken.{0,100}AssumeRoleWithWebIdentity/),
    tell: () => ({
      sentence: 'STS does not accept the web identity (service account, CI job), as its token is too old.',
      side: 'the program, which does not read its token file anew; or the clock of the machine',
      remedy:
        'Restart the program: the kubelet renews the file, and old SDKs read it once. A CI job must ask for its token shortly before it is used. Otherwise look at the clock.',
      paste: [{ what: 'Look at the clock', kind: 'command', text: 'date -u; timedatectl' }],
    }),
  }),
  row({
    id: 'web-identity-provider',
    title: 'The issuer of a token is not a provider of the account',
    symptoms: [
      [
        'Pods with IRSA',
        'InvalidIdentityToken: No OpenIDConnect provider found in your account for https://oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE',
      ],
    ],
    when: ({ find }) => find(/No OpenIDConnect provider found in your account( for (?<issuer>https:\/\/[^\s"']{1,300}))?/),
    tell: ({ groups }) => ({
      sentence: `The account of the role has no OIDC provider for the issuer of the token${groups['issuer'] === undefined ? '' : ` (${groups['issuer']})`}.`,
      side: 'the OIDC providers (IAM) of the account of the role; or the ARN of the role, if it is of a wrong account',
      remedy:
        'Create the OIDC provider of that issuer in the account of the role. A cluster that was made anew has another issuer. Look also whether the role is of the account that was meant.',
      paste: [providers],
    }),
  }),
  row({
    id: 'web-identity-audience',
    title: 'A token is made for another audience',
    symptoms: [['CI job', 'InvalidIdentityToken: Incorrect token audience']],
    when: ({ find }) => find(/Incorrect token audience/),
    tell: () => ({
      sentence: 'STS does not accept the web identity, as its token is made for another audience than the OIDC provider allows.',
      side: 'whoever asks for the token (its audience), or the OIDC provider (IAM) in the account of the role',
      remedy:
        'The audience must be the same in both: sts.amazonaws.com, in China sts.amazonaws.com.cn. Add it to the provider where it is missing.',
      paste: [providers],
    }),
  }),
  row({
    id: 'web-identity-keys',
    title: 'STS does not get the keys of an issuer',
    symptoms: [
      [
        'AWS CLI',
        "An error occurred (InvalidIdentityToken) when calling the AssumeRoleWithWebIdentity operation: Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity documentation for requirements",
      ],
      ['AWS SDKs', "IDPCommunicationError: Couldn't retrieve verification key from your identity provider"],
    ],
    when: ({ find }) => find(/Couldn't retrieve verification key from your identity provider|\bIDPCommunicationError/),
    tell: () => ({
      sentence: 'STS asks the issuer of the token for its public keys, and got none: the issuer did not answer in time, or is not public.',
      side: 'the issuer (its /.well-known/openid-configuration and the keys named there)',
      remedy:
        'Try again: with a public issuer (EKS, GitHub) it passes by itself. One of your own must be reached from the internet at its very URL, with a certificate that is good.',
    }),
  }),
  row({
    id: 'web-identity-invalid',
    title: 'STS does not accept a web identity',
    symptoms: [
      ['AWS SDKs', 'InvalidIdentityToken: The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)'],
    ],
    when: ({ find }) => find(/InvalidIdentityToken|IDPRejectedClaim/),
    tell: () => ({
      sentence: 'STS does not accept the web identity; the words behind the code say why.',
      side: 'whoever makes the token: the cluster, the CI or the identity provider',
      remedy: 'Look at the claims of the token (iss, aud, exp), and compare them with the OIDC provider in the account of the role.',
      paste: [providers],
    }),
  }),
  row({
    id: 'pod-identity-role',
    title: 'EKS Pod Identity may not assume its role',
    symptoms: [
      [
        'Pods with EKS Pod Identity',
        'An error occurred (AccessDeniedException) when calling the AssumeRoleForPodIdentity operation: EKS does not have permissions to assume the associated role',
      ],
    ],
    when: ({ find }) =>
      find(
        /EKS does not have permissions? to assume the associated role|AccessDenied.{0,80}AssumeRoleForPodIdentity|AssumeRoleForPodIdentity.{0,300}AccessDenied/,
      ),
    tell: () => ({
      sentence: 'The trust policy of the role does not let in EKS Pod Identity, so the pod has no AWS keys.',
      side: 'the trust policy of the role that the association of the service account names',
      remedy:
        'Let the trust policy allow sts:AssumeRole and sts:TagSession to the service pods.eks.amazonaws.com: both are needed. A role for IRSA does not have that.',
      paste: [
        policyPaste('Statement for the trust policy of the role', serviceTrustStatement(podIdentity)),
        {
          what: 'What the trust policy says',
          kind: 'command',
          text: 'aws iam get-role --role-name ROLE --query Role.AssumeRolePolicyDocument',
        },
      ],
    }),
  }),
  row({
    id: 'mfa-invalid',
    title: 'The code of MFA is not taken',
    symptoms: [
      [
        'AWS CLI',
        'An error occurred (AccessDenied) when calling the AssumeRole operation: MultiFactorAuthentication failed with invalid MFA one time pass code.',
      ],
    ],
    when: ({ find }) => find(/MultiFactorAuthentication failed/),
    tell: () => ({
      sentence: 'STS does not take the code of MFA: it is mistyped, was used before, is too old, or is of another device.',
      side: 'the person who types the code, and `mfa_serial` of the profile',
      remedy:
        'Wait for the next code and type it once. Look whether `mfa_serial` is the device of that user. A program without a person needs an identity without MFA.',
    }),
  }),
];
