import { randomUUID } from 'node:crypto';
import type { AwsCall, TokenData } from './aws-troubles.ts';
import { jsonOf, type Reply, type Seen } from './server.ts';

/** The outcome of a function: a value, a raw text, or a raised error. */
export type Outcome = { readonly value: unknown } | { readonly text: string } | { readonly raised: object };
/**
 * A fake function. `call.input['event']` is its input. `token` returns what GetAuthorizationToken of a region answers
 * for the role of the function.
 */
export type FakeFunction = (call: AwsCall, token: (region: string) => TokenData) => Outcome;

const route = /^\/2015-03-31\/functions\/(?<name>[^/?]+)\/invocations$/;

/**
 * Returns the function that a request invokes, under the name in the path, or undefined for a request to another
 * service.
 */
export function invokedIn({ path }: Pick<Seen, 'path'>): string | undefined {
  const name = route.exec(path)?.groups?.['name'];
  return name === undefined ? undefined : decodeURIComponent(name);
}

export const eventIn = (request: Seen): unknown => (request.body.length > 0 ? jsonOf(request) : undefined);

/** Returns the bare name from `NAME`, `NAME:ALIAS` or any form of the ARN. */
export const plainName = (given: string): string =>
  (given.includes('function:') ? (given.split('function:')[1] ?? '') : given).split(':')[0] ?? '';

/** Returns the ARN of the function as IAM and Lambda write it. */
export function functionArn({ region, principal, input }: AwsCall): string {
  const given = String(input['FunctionName']);
  if (given.startsWith('arn:')) return given;
  const account = /^(\d{12}):/.exec(given)?.[1] ?? principal.split(':')[4];
  return `arn:aws:lambda:${region}:${account}:function:${given.replace(/^\d{12}:function:/, '')}`;
}

/** Renders the response to a synchronous invocation. Its status is 200 even if the function failed. */
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

/** Renders an error in REST JSON: a header holds its name. */
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
