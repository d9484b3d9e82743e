import type { Attempt } from './denied.ts';

export const newKeys = 'Give the courier keys that are valid now; files, profiles and roles are read anew at every fetch.';

/** What to say of an error that is recognized by its name. */
interface Known {
  readonly short?: string;
  readonly remedy: string;
}
const ofKeys: Readonly<Partial<Record<string, Known>>> = {
  ExpiredToken: { short: 'The session behind the AWS keys has expired', remedy: `The session behind these keys is over. ${newKeys}` },
  OptInRequired: {
    short: 'The account has not opted in to this region or service',
    remedy: 'The account has not opted in to this region or service: enable the region under Account > AWS Regions.',
  },
  IDPCommunicationError: {
    remedy: 'AWS itself could not reach the identity provider of the role: look at its address and whether it is up.',
  },
  RegionDisabled: {
    short: 'STS is switched off in this region',
    remedy:
      'STS is switched off in this region: activate it under IAM > Account settings, or set the stsEndpoint of the source to another region.',
  },
};
const claims =
  'Compare its claims (iss, aud, exp) with the OIDC provider in the account of the role. For a token of a service account `ecr-courier policy web-identity` prints what the role must trust.';
/** Errors of OpenID Connect tokens that stand in for keys when a role is assumed. */
const ofTokens: Readonly<Partial<Record<string, Known>>> = {
  ExpiredToken: {
    short: 'The web identity token has expired',
    remedy:
      'The token for the role has expired. Let whoever makes it (the kubelet, the CI, the identity provider) make it anew, and look at the clocks of both; a file is read anew at every fetch.',
  },
  InvalidIdentityToken: { short: 'STS does not accept the web identity token', remedy: claims },
  IDPRejectedClaim: { short: 'STS does not accept the web identity token', remedy: claims },
};

/** Looks an error up by its name. undefined: the name alone does not say what to do. */
export function knownError(name: string, action: Attempt['action']): Known | undefined {
  const tables = action === 'sts:AssumeRoleWithWebIdentity' ? [ofTokens, ofKeys] : [ofKeys];
  return tables.find(table => Object.hasOwn(table, name))?.[name];
}
