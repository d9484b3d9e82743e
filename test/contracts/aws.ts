import { signatureOf, signerOf } from '../fakes/aws-protocol.ts';
import { type EcrOptions, startEcr, type Trouble } from '../fakes/ecr.ts';
import { type FakeFunction, type Outcome, tooManyRequests } from '../fakes/lambda.ts';
import type { Reply } from '../fakes/server.ts';
import type { AwsState, Json, Request, Response } from './format.d.ts';
import type { AnyStep, Harness } from './harness.ts';
import { fill, textOf, type Values } from './notation.ts';

/**
 * AWS as the courier uses it: ECR's GetAuthorizationToken, STS and Lambda's Invoke. The fake verifies the signature of
 * every signed request.
 */
export const aws: Harness = {
  product: /^AWS SDK/,
  leftOut: {
    repository: 'the courier calls no API of repositories',
    clock: 'the recorded refusal names a day in 2026 and contradicts its own Date header; the fake goes by its own clock',
  },
  dialect: { text: elementsAndTexts, free: name => (name === 'requestId' ? () => true : timeCheck(name)) },
  async start(scenario, values) {
    const state = fill(scenario.state, values, name => name.toUpperCase().replaceAll('-', '')) as unknown as AwsState;
    const isModel = scenario.source === 'model';
    const fake = await startEcr(isModel ? asModelled(state) : asMoto(state));
    const trouble = isModel ? troubleIn(state) : undefined;
    fake.trouble = ({ action }) => trouble ?? (action === 'GetAuthorizationToken' ? 'expired' : undefined);
    // The double does not limit the concurrency of functions itself.
    if (isModel && state.answers[0]?.status === 429) fake.server.fault = () => tooManyRequests();
    return {
      address: () => fake.url,
      prepare: (request, step) => signed(request, secretFor(request, step, state, values), new URL(fake.url).host),
      [Symbol.asyncDispose]: () => fake[Symbol.asyncDispose](),
    };
  },
};

/** Imitates moto 5.2: passwords name their account, and refusals of all services have one XML form. */
function asMoto({ checks, keys, policies, functions }: AwsState): EcrOptions {
  const arn = (user: string): string => `arn:aws:iam::123456789012:user/${user}`;
  const allows = (principal: string, action: string): boolean => {
    const statements = (policies[principal.split('/').at(-1) ?? ''] ?? []) as { Effect: string; Action: string | string[] }[];
    const effects = statements
      .filter(({ Action }) => [Action].flat().some(name => name === '*' || name === action))
      .map(({ Effect }) => Effect);
    return effects.includes('Allow') && !effects.includes('Deny');
  };
  return {
    // moto knows the API of ECR Public, but fails every call.
    fault: ({ headers }) => (String(headers['x-amz-target']).startsWith('Spencer') ? motoCrash : undefined),
    functions: answersOf(functions),
    mint: ({ account }) => `${account}-auth-token`,
    principal: 'arn:aws:sts::123456789012:user/moto',
    ...(checks && { allows, dress: motoError, keys: keys.map(({ id, secret, user }) => ({ id, secret, arn: arn(user) })) }),
  };
}

/**
 * Makes functions that return their answers in order. Without an answer left, and for any other function, moto returns
 * a text.
 */
function answersOf(functions: AwsState['functions']): Record<string, FakeFunction> {
  const left = new Map(Object.entries(functions).map(([name, answers]) => [name, [...answers]]));
  const run = (name: string): Outcome => {
    const value = left.get(name)?.shift();
    return value === undefined ? { text: 'Simple Lambda happy path OK' } : { value };
  };
  return new Proxy({}, { get: (_, name) => () => run(String(name)) });
}

const motoCrash: Reply = {
  status: 500,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  text: '<!doctype html>\n<html lang=en>\n<title>500 Internal Server Error</title>\n<h1>Internal Server Error</h1>\n<p>The server encountered an internal error and was unable to complete your request. Either the server is overloaded or there is an error in the application.</p>\n',
};

function motoError({ code, message }: { code: string; message: string }): Reply {
  // moto names the action as the API does.
  const words = message.replace(/ on resource: .*/, '').replace('lambda:InvokeFunction', 'lambda:Invoke');
  return {
    status: 403,
    headers: { 'content-type': 'text/html; charset=utf-8', 'x-amzn-requestid': 'moto' },
    text: `<?xml version="1.0" encoding="utf-8"?><ErrorResponse><Errors><Error><Code>${code}</Code><Message>${words}</Message><Type>Sender</Type></Error></Errors></ErrorResponse>`,
  };
}

function asModelled({ answers }: AwsState): EcrOptions {
  const principal = /User: (\S+)/.exec(wordsOf(answers[0]))?.[1];
  const outcome = outcomeOf(answers[0]);
  return { ...(principal && { principal }), ...(outcome && { functions: { 'ecr-token': () => outcome } }) };
}

/** Returns the function's outcome in an answer, or undefined where the answer is none of a function. */
function outcomeOf(answer: Response | undefined): Outcome | undefined {
  if (answer?.status !== 200) return undefined;
  if (answer.headers?.['x-amz-function-error']) return { raised: answer.body as object };
  return answer.text === undefined ? { value: answer.body } : { text: answer.text };
}

/** Finds the fake's trouble for a modelled answer, so that the fake's own message is compared with the model's. */
function troubleIn({ answers }: AwsState): Trouble | undefined {
  const text = `${wordsOf(answers[0])} ${String(answers[0]?.headers?.['x-amzn-errortype'] ?? '')}`;
  const known: readonly [RegExp, Trouble][] = [
    [/explicit deny/, 'denied explicitly'],
    [/AccessDenied/, 'denied'],
    [/UnrecognizedClient|InvalidClientTokenId/, 'unknown key'],
    [/Token expired: /, 'web token expired'],
    [/ExpiredToken/, 'expired keys'],
    [/Throttling/, 'throttled'],
    [/ServerException/, 'broken'],
    [/InvalidParameter/, 'bad parameter'],
    [/OptInRequired/, 'not opted in'],
    [/InvalidIdentityToken/, 'no identity provider'],
    [/Service Unavailable/, 'unavailable'],
  ];
  return known.find(([pattern]) => pattern.test(text))?.[1];
}

const wordsOf = (answer: Response | undefined): string => answer?.text ?? JSON.stringify(answer?.body ?? '');

function secretFor({ headers = {} }: Request, step: AnyStep, { keys }: AwsState, values: Values): string {
  const signer = signerOf({ headers: { authorization: headers['authorization'] } });
  return step.signedWith ?? keys.find(({ id }) => id === signer?.accessKeyId)?.secret ?? textOf(values.get('secretAccessKey') ?? '');
}

/** Adds date and host to a request, and signs it. */
function signed(request: Request, secret: string, host: string): Request {
  const signer = signerOf({ headers: { authorization: request.headers?.['authorization'] } });
  if (!signer) return request;
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const headers: Record<string, string> = { ...request.headers, host, 'x-amz-date': time };
  const signedHeaders = ['content-type', 'host', 'x-amz-date', 'x-amz-security-token', 'x-amz-target'].filter(name => name in headers);
  const body = Buffer.from(request.text ?? JSON.stringify(request.body) ?? '');
  const signature = signatureOf({ method: request.method, path: request.path, headers, body }, secret, { ...signer, signedHeaders });
  const scope = [signer.accessKeyId, time.slice(0, 8), signer.region, signer.service, 'aws4_request'].join('/');
  return {
    ...request,
    headers: {
      ...headers,
      authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=${signedHeaders.join(';')}, Signature=${signature}`,
    },
  };
}

/** Reduces XML to the names and texts of its elements, in order. */
function elementsAndTexts(text: string): Json {
  if (!text.includes('<')) return text;
  return [...text.matchAll(/<([A-Za-z]\w*)[^>]*>|<[^>]*>|([^<]+)/g)].flatMap(([, name, content]) => name ?? (content?.trim() || []));
}

/** Returns a check for a name such as `now+12h`: a time in seconds or in ISO 8601. */
function timeCheck(name: string): ((got: Json) => boolean) | undefined {
  const [, count, unit] = /^now\+(\d+)([hm])$/.exec(name) ?? [];
  if (count === undefined) return undefined;
  const expected = Date.now() + Number(count) * (unit === 'h' ? 3600 : 60) * 1000;
  return got => Math.abs((typeof got === 'number' ? got * 1000 : Date.parse(textOf(got))) - expected) < 60_000;
}
