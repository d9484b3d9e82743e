import type { Diagnosis } from './diagnosis.ts';
import { statementFor } from './sides.ts';
import { endpointStatement, rightsFor } from './statements.ts';

/** An answer that did not come, or of which nothing more is known. `host`: who was asked. */
export interface Silence {
  readonly host: string;
  /** What came in its place, as a sentence. */
  readonly message: string;
  readonly remedy: string;
}

/** An answer, as a clause: `HOST answered 403 (words)`. */
export interface Said {
  readonly host: string;
  readonly said: string;
}

/** No connection to a registry, or no answer. */
export const unreached = ({ host, message, remedy }: Silence): Diagnosis => ({
  id: 'registry-unreachable',
  sentence: `${host} could not be asked: ${message}`,
  side: `the way from this machine to ${host}`,
  remedy,
});

/** Layers lie in S3, under a name of their own: whoever reaches the registry need not reach them. */
export const layersUnreached = ({ host, message, remedy }: Silence): Diagnosis => ({
  id: 'layers-unreachable',
  sentence: `The registry gives the layer out, but ${host}, where it lies, cannot be reached from here: ${message}`,
  side: `the firewall, the proxy or the VPC endpoint between this machine and ${host}`,
  remedy: `Let HTTPS to ${host} through, as to the registry. A VPC without a way out needs a gateway endpoint of S3 beside ecr.api and ecr.dkr. ${remedy}`,
});

/** The address was signed by ECR a moment ago, so it is a policy on the way that refuses it. */
export function layersRefused({ host, said, partition }: Said & { readonly partition: string }): Diagnosis {
  const bucket = /^(?<name>[\w-]*starport-layer-bucket)\./.exec(host)?.groups?.['name'];
  const arn = `arn:${partition}:s3:::${bucket ?? 'BUCKET'}/*`;
  return {
    id: 'layers-refused',
    sentence: `The registry gives the layer out, but not the place where it lies: ${said}.`,
    side: 'the policy of the VPC endpoint of S3, or a proxy on the way',
    remedy: `The policy of the endpoint of S3 must allow s3:GetObject on ${arn}. A proxy must neither change the address nor add a login.`,
    ...(bucket !== undefined && {
      paste: [statementFor('the policy of the VPC endpoint of S3', endpointStatement(rightsFor('s3:GetObject'), [arn]))],
    }),
  };
}

/** An answer that is not known. It is quoted, and nothing is guessed. */
export const unknownAnswer = ({ host, said }: Said): Diagnosis => ({
  id: 'answer-unknown',
  sentence: `${said}.`,
  side: `${host}, or what stands before it`,
  remedy:
    'This answer is not known: nothing is concluded from it. Try again later; a page of HTML comes from a proxy or a login in between.',
});

/** ECR Public lets everybody pull, and no login was sent. */
export const nobodyRefused = ({ host, said }: Said): Diagnosis => ({
  id: 'nobody-refused',
  sentence: `${host} refuses a pull that came without a login: ${said}. It lets everybody pull, so another one may have answered.`,
  side: `a proxy, a mirror or a firewall between this machine and ${host}`,
  remedy: `Look where ${host} leads from this machine, and whether a proxy (HTTPS_PROXY) lets it through.`,
});

/** Others gave the token. They may have kept it for long, or have cut it short. */
export const givenTokenRefused = ({ host, said, words, renew }: Said & { readonly words: string; readonly renew: string }): Diagnosis => ({
  id: 'token-given-refused',
  sentence: `${host} does not take the token that comes from ${words}: ${said}. It is too old, not whole, or none of ECR in that region.`,
  side: `${words}, or whoever makes its token`,
  remedy: renew,
});

/** AWS gave the token out a moment ago, and another one after the first refusal: so neither is too old. */
export const freshTokenRefused = ({ host, said }: Said): Diagnosis => ({
  id: 'token-fresh-refused',
  sentence: `${host} does not take a token that was given out a moment ago, nor a second one: ${said}.`,
  side: `the way to AWS or to ${host}: an address that is set, a proxy, or another registry under this name`,
  remedy:
    'Look whether the address of ECR is set (`endpoint` of the source, AWS_ENDPOINT_URL_ECR, AWS_ENDPOINT_URL): it must be that of the region in the name of the registry. Look whether the name leads to AWS.',
});
