import type { AwsError } from './aws-protocol.ts';
import { functionArn } from './lambda.ts';

export type Service = 'ecr' | 'ecr-public' | 'sts' | 'lambda';

/** One call, as AWS would log it. */
export interface AwsCall {
  readonly service: Service;
  readonly action: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly principal: string;
  /** The members of the request: RoleArn, RoleSessionName, ExternalId ... */
  readonly input: Readonly<Record<string, unknown>>;
}

interface ErrorForm {
  /** Status and code in ECR's API, and in STS and Lambda where they differ. */
  readonly ecr: readonly [status: number, code: string];
  readonly sts?: readonly [status: number, code: string];
  readonly lambda?: readonly [status: number, code: string];
  readonly message: (call: AwsCall) => string;
}

/** The missing right. ECR Public needs two rights and checks its own last. */
const rightOf = ({ service, action }: Pick<AwsCall, 'service' | 'action'>): string =>
  service === 'ecr-public' ? 'sts:GetServiceBearerToken' : service === 'lambda' ? 'lambda:InvokeFunction' : `ecr:${action}`;

const deniedWords = (call: AwsCall): string => {
  const { service, action, principal, input } = call;
  if (service === 'lambda')
    return `User: ${principal} is not authorized to perform: lambda:InvokeFunction on resource: ${functionArn(call)}`;
  return action === 'GetAuthorizationToken'
    ? `User: ${principal} is not authorized to perform: ${rightOf({ service, action })} on resource: *`
    : `User: ${principal} is not authorized to perform: sts:${action} on resource: ${String(input['RoleArn'])}`;
};
const badToken = 'The security token included in the request is invalid.';

/** AWS errors by the names that tests use. Sources: the service models, and messages seen in the field. */
const errors = {
  denied: {
    ecr: [400, 'AccessDeniedException'],
    sts: [403, 'AccessDenied'],
    lambda: [403, 'AccessDeniedException'],
    message: call =>
      call.service !== 'sts'
        ? `${deniedWords(call)} because no identity-based policy allows the ${rightOf(call)} action`
        : deniedWords(call),
  },
  'denied explicitly': {
    ecr: [400, 'AccessDeniedException'],
    message: call => `${deniedWords(call)} with an explicit deny in an identity-based policy`,
  },
  'not opted in': { ecr: [403, 'OptInRequired'], message: () => 'The AWS Access Key Id needs a subscription for the service' },
  'unknown key': { ecr: [400, 'UnrecognizedClientException'], sts: [403, 'InvalidClientTokenId'], message: () => badToken },
  'expired keys': {
    ecr: [400, 'ExpiredTokenException'],
    sts: [403, 'ExpiredToken'],
    message: () => 'The security token included in the request is expired',
  },
  'bad signature': {
    ecr: [403, 'InvalidSignatureException'],
    sts: [403, 'SignatureDoesNotMatch'],
    message: () =>
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
  },
  'other clock': {
    ecr: [403, 'InvalidSignatureException'],
    sts: [403, 'SignatureDoesNotMatch'],
    message: () => 'Signature expired: it is more than 5 min. away from the time of the server.',
  },
  'not signed': {
    ecr: [400, 'MissingAuthenticationTokenException'],
    sts: [403, 'MissingAuthenticationToken'],
    message: () => 'Missing Authentication Token',
  },
  'not understood': {
    ecr: [400, 'UnknownOperationException'],
    sts: [400, 'InvalidAction'],
    message: call => `Could not find operation ${call.action}`,
  },
  throttled: { ecr: [400, 'ThrottlingException'], sts: [400, 'Throttling'], message: () => 'Rate exceeded' },
  broken: { ecr: [500, 'ServerException'], message: () => 'Service encountered an error' },
  'bad parameter': {
    ecr: [400, 'InvalidParameterException'],
    message: () =>
      "Invalid parameter at 'registryIds' failed to satisfy constraint: 'Member must satisfy regular expression pattern: [0-9]{12}'",
  },
  'web token expired': {
    ecr: [400, 'ExpiredTokenException'],
    message: () => 'Token expired: current date/time 1795219200 must be before the expiration date/time 1795215600',
  },
  'no identity provider': {
    ecr: [400, 'InvalidIdentityToken'],
    message: () => 'No OpenIDConnect provider found in your account for https://oidc.example.com',
  },
} as const satisfies Record<string, ErrorForm>;

export type ErrorName = keyof typeof errors;
export const errorNames = Object.keys(errors) as ErrorName[];

/** Returns the error in the words of the requested service. */
export function errorOf(name: ErrorName, call: AwsCall, service: Service): AwsError {
  const form: ErrorForm = errors[name];
  const [status, code] = (service === 'sts' && form.sts) || (service === 'lambda' && form.lambda) || form.ecr;
  return { status, code, message: form.message(call) };
}

export interface TokenData {
  readonly authorizationToken: string;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
  readonly proxyEndpoint: string;
}

const encoded = (text: string) => (data: TokenData) => [{ ...data, authorizationToken: Buffer.from(text).toString('base64') }];

/** Well-formed answers that must not be delivered (except the last two). */
const spoilt = {
  empty: () => [],
  'no token': ({ expiresAt, proxyEndpoint }) => [{ expiresAt, proxyEndpoint }],
  'no colon': encoded('AWS-and-no-colon'),
  'no user': encoded(':a-password'),
  'no password': encoded('AWS:'),
  'another user': encoded('<token>:a-password'),
  'control characters': encoded('AWS:two\nlines'),
  'not base64': data => [{ ...data, authorizationToken: '%%% not base64 %%%' }],
  'not text': data => [{ ...data, authorizationToken: Buffer.from([0x41, 0x3a, 0xff, 0xfe]).toString('base64') }],
  // moto 5.2 always answers this.
  expired: data => [{ ...data, expiresAt: 1_420_070_400 }],
  'no expiry': ({ authorizationToken, proxyEndpoint }) => [{ authorizationToken, proxyEndpoint }],
  'far expiry': data => [{ ...data, expiresAt: data.expiresAt + 10 * 365 * 86_400 }],
} as const satisfies Record<string, (data: TokenData) => readonly Partial<TokenData>[]>;

export type SpoiltName = keyof typeof spoilt;

export const isSpoilt = (name: string): name is SpoiltName => Object.hasOwn(spoilt, name);
export const spoil = (name: SpoiltName, data: TokenData): readonly Partial<TokenData>[] => spoilt[name](data);
