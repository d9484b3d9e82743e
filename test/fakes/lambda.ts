import { randomUUID } from 'node:crypto';
import type { AwsCall, TokenData } from './aws-troubles.ts';
import { jsonOf, type Reply, type Seen } from './server.ts';

/** What a function comes to: a value, a text as it is, or an error that it raised. */
export type Outcome = { readonly value: unknown } | { readonly text: string } | { readonly raised: object };
/**
 * `call.input['event']` is what it was given. `token`: what GetAuthorizationToken of a region answers to the role of
 * the function.
 */
export type FakeFunction = (call: AwsCall, token: (region: string) => TokenData) => Outcome;

const route = /^\/2015-03-31\/functions\/(?<name>[^/?]+)\/invocations$/;

/** The function that a request invokes, as it was named; undefined for a request to another service. */
export function invokedIn({ path }: Pick<Seen, 'path'>): string | undefined {
  const name = route.exec(path)?.groups?.['name'];
  return name === undefined ? undefined : decodeURIComponent(name);
}

export const eventIn = (request: Seen): unknown => (request.body.length > 0 ? jsonOf(request) : undefined);

/** `NAME`, `NAME:ALIAS` and every form of the ARN, without the alias. */
export const plainName = (given: string): string =>
  (given.includes('function:') ? (given.split('function:')[1] ?? '') : given).split(':')[0] ?? '';

/** The ARN under which IAM and Lambda speak of it. */
export function functionArn({ region, principal, input }: AwsCall): string {
  const given = String(input['FunctionName']);
  if (given.startsWith('arn:')) return given;
  const account = /^(\d{12}):/.exec(given)?.[1] ?? principal.split(':')[4];
  return `arn:aws:lambda:${region}:${account}:function:${given.replace(/^\d{12}:function:/, '')}`;
}

/** As Lambda answers to a call that waits for the end: 200, whatever became of the function. */
export function invoked(outcome: Outcome): Reply {
  const headers = { 'content-type': 'application/json', 'x-amzn-requestid': randomUUID(), 'x-amz-executed-version': '$LATEST' };
  if ('raised' in outcome)
    return { status: 200, headers: { ...headers, 'x-amz-function-error': 'Unhandled' }, text: JSON.stringify(outcome.raised) };
  return { status: 200, headers, text: 'text' in outcome ? outcome.text : JSON.stringify(outcome.value) };
}

interface LambdaError {
  readonly status: number;
  readonly code: string;
  readonly members: object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** REST JSON: the name of the error is in a header. */
export const restError = ({ status, code, members, headers }: LambdaError): Reply => ({
  status,
  headers: { 'content-type': 'application/json', 'x-amzn-requestid': randomUUID(), 'x-amzn-errortype': code, ...headers },
  text: JSON.stringify(members),
});

export const noSuchFunction = (call: AwsCall): Reply =>
  restError({
    status: 404,
    code: 'ResourceNotFoundException',
    members: { Type: 'User', Message: `Function not found: ${functionArn(call)}` },
  });

export const tooManyRequests = (reason = 'ReservedFunctionConcurrentInvocationLimitExceeded'): Reply =>
  restError({
    status: 429,
    code: 'TooManyRequestsException',
    members: { Reason: reason, Type: 'User', message: 'Rate Exceeded.' },
    headers: { 'retry-after': '1' },
  });
