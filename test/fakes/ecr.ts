import { randomBytes } from 'node:crypto';
import { privateRegistryHost } from '../../src/contract/registry.ts';
import { type AwsError, jsonError, jsonReply, type Signer, signatureOf, signerOf, xmlError } from './aws-protocol.ts';
import { type AwsCall, type ErrorName, errorOf, isSpoilt, type Service, type SpoiltName, spoil, type TokenData } from './aws-troubles.ts';
import { eventIn, type FakeFunction, invoked, invokedIn, noSuchFunction, plainName, restError } from './lambda.ts';
import { type FakeServer, jsonOf, type Reply, type Seen, type ServerOptions, startServer } from './server.ts';
import { assumed, identified, openSession, type Session } from './sts.ts';

/** What AWS answers instead of a good response: an error, an HTML page, or an unusable token. */
export type Trouble = ErrorName | SpoiltName | 'unavailable';

export interface EcrOptions extends ServerOptions {
  /** Lifetime of a token. Defaults to 12 h. */
  readonly ttlMs?: number;
  readonly account?: string;
  /** The ARN of callers that are not sessions of a role. */
  readonly principal?: string;
  /** Whether every call makes a new token (the default, as in ECR), or only `rotate()` and expiry do. */
  readonly rotation?: 'each call' | 'on demand';
  /** Makes the password of a new token. */
  readonly mint?: (made: { account: string; region: string; expiresAt: Date }) => string;
  /** The known access keys. With this list, other keys are refused and signatures are verified. */
  readonly keys?: readonly { readonly id: string; readonly secret: string; readonly arn: string }[];
  /** Whether a principal may perform an action (`ecr:GetAuthorizationToken`). By default everything is allowed. */
  readonly allows?: (principal: string, action: string) => boolean;
  /** Lambda functions by name. */
  readonly functions?: Readonly<Record<string, FakeFunction>>;
  /** The required external id by role ARN. */
  readonly externalIds?: Readonly<Record<string, string>>;
  /** Renders errors. Defaults to the form of AWS. */
  readonly dress?: ((error: AwsError) => Reply) | undefined;
}

/**
 * A fake AWS with four services at one address: ECR, ECR Public, STS and Lambda. The fake registry accepts its tokens.
 */
export interface FakeEcr extends AsyncDisposable {
  readonly url: string;
  readonly server: FakeServer;
  /** The calls received, in order. */
  readonly calls: AwsCall[];
  ttlMs: number;
  trouble: ((call: AwsCall) => Trouble | undefined) | undefined;
  /** The pull through cache rules of all registries. With undefined, reading them is denied. */
  cacheRules: readonly object[] | undefined;
  /** The server's clock, in milliseconds. The Date header, expiry and the age of signatures follow it. */
  now: () => number;
  /** Invalidates all tokens issued so far. */
  rotate(): void;
  /**
   * Returns how the registries of a region (undefined: of any region) judge a password. Only the newest token of each
   * principal is good.
   */
  judge(region: string | undefined, password: string): 'good' | 'expired' | 'unknown';
}

interface Token {
  readonly for: string;
  readonly region: string;
  readonly password: string;
  readonly expiresAt: number;
  current: boolean;
}

const twelveHours = 12 * 3600 * 1000;
/** The largest age of a signature that AWS accepts, in either direction, in milliseconds. */
const signatureLife = 300_000;
const targets: Readonly<Record<string, Service>> = {
  AmazonEC2ContainerRegistry_V20150921: 'ecr',
  SpencerFrontendService: 'ecr-public',
};
/** Splits the target header of the JSON protocol, `API.Action`. */
const targetOf = ({ headers }: Seen): readonly [api: string, action: string] => {
  const [api = '', action = ''] = String(headers['x-amz-target']).split('.');
  return [api, action];
};

export async function startEcr(options: EcrOptions = {}): Promise<FakeEcr> {
  const { account = '123456789012', principal = `arn:aws:iam::${account}:user/ci`, mint = likeEcr } = options;
  const tokens: Token[] = [];
  const sessions = new Map<string, Session>();
  const server = await startServer(answer, options);
  const fake: FakeEcr = {
    url: server.url,
    server,
    calls: [],
    ttlMs: options.ttlMs ?? twelveHours,
    trouble: undefined,
    cacheRules: undefined,
    now: Date.now,
    rotate: () => tokens.forEach(token => void (token.current = false)),
    judge(region, password) {
      const token = tokens.findLast(candidate => candidate.password === password && (region === undefined || candidate.region === region));
      if (!token) return 'unknown';
      return token.current && token.expiresAt > fake.now() ? 'good' : 'expired';
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
  return fake;

  function answer(request: Seen): Reply {
    const service = serviceOf(request);
    const signer = signerOf(request);
    const call = callOf(request, signer, service);
    fake.calls.push(call);
    const trouble =
      misshapen(request, call, signer, service) ?? (signer && untrusted(request, signer)) ?? refused(call, service) ?? fake.trouble?.(call);
    const reply = trouble === undefined || isSpoilt(trouble) ? serve(call, trouble) : fail(trouble, call, service);
    return { ...reply, headers: { date: new Date(fake.now()).toUTCString(), ...reply.headers } };
  }

  function callOf(request: Seen, signer: Signer | undefined, service: Service): AwsCall {
    const input = inputOf(request, service);
    const action = service === 'sts' ? String(input?.['Action']) : service === 'lambda' ? 'InvokeFunction' : targetOf(request)[1];
    const accessKeyId = signer?.accessKeyId ?? '';
    const arn = sessions.get(accessKeyId)?.arn ?? options.keys?.find(({ id }) => id === accessKeyId)?.arn ?? principal;
    return { service, action, region: signer?.region ?? '', accessKeyId, principal: arn, input };
  }

  function untrusted(request: Seen, signer: Signer): Trouble | undefined {
    const time = Date.parse(String(request.headers['x-amz-date']).replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5'));
    if (Math.abs(time - fake.now()) > signatureLife) return 'other clock';
    const session = sessions.get(signer.accessKeyId);
    if (!options.keys && !session) return undefined;
    const secret = session?.secretAccessKey ?? options.keys?.find(({ id }) => id === signer.accessKeyId)?.secret;
    if (secret === undefined) return 'unknown key';
    if (session && request.headers['x-amz-security-token'] !== session.sessionToken) return 'unknown key';
    if (session && session.expiresAt.getTime() < fake.now()) return 'expired keys';
    return signatureOf(request, secret, signer) === signer.signature ? undefined : 'bad signature';
  }

  function refused({ principal: caller, action, input }: AwsCall, service: Service): Trouble | undefined {
    // GetCallerIdentity cannot be denied.
    if (action !== 'GetCallerIdentity' && options.allows && !options.allows(caller, `${service}:${action}`)) return 'denied';
    if (action === 'DescribePullThroughCacheRules' && fake.cacheRules === undefined) return 'denied';
    const externalId = action === 'AssumeRole' ? options.externalIds?.[String(input['RoleArn'])] : undefined;
    return externalId === undefined || externalId === input['ExternalId'] ? undefined : 'denied';
  }

  function fail(trouble: Exclude<Trouble, SpoiltName>, call: AwsCall, service: Service): Reply {
    if (trouble === 'unavailable')
      return {
        status: 503,
        headers: { 'content-type': 'text/html' },
        text: '<html><body><b>Http/1.1 Service Unavailable</b></body> </html>',
      };
    if (options.dress) return options.dress(errorOf(trouble, call, 'sts'));
    const error = errorOf(trouble, call, service);
    if (service === 'lambda') return restError({ ...error, members: { Message: error.message } });
    return service === 'sts' ? xmlError(error) : jsonError(error);
  }

  function serve(call: AwsCall, spoilt: SpoiltName | undefined): Reply {
    if (call.service === 'lambda') {
      const run = options.functions?.[plainName(String(call.input['FunctionName']))];
      const principal = `arn:aws:sts::${account}:assumed-role/ecr-token-role/ecr-token`;
      return run ? invoked(run(call, region => dataOf(tokenFor({ ...call, region, principal }, account), account))) : noSuchFunction(call);
    }
    if (call.action === 'GetCallerIdentity') return identified(call.principal, sessions.get(call.accessKeyId)?.userId ?? call.accessKeyId);
    if (call.action === 'DescribePullThroughCacheRules') return jsonReply(200, rulesPage(call));
    if (call.action !== 'GetAuthorizationToken') {
      const session = openSession(call, fake.now());
      sessions.set(session.accessKeyId, session);
      return assumed(call.action, session);
    }
    if (call.service === 'ecr-public') {
      const { authorizationToken, expiresAt } = dataOf(tokenFor(call, account), account);
      return jsonReply(200, { authorizationData: { authorizationToken, expiresAt } });
    }
    // `registryIds` is deprecated and affects only the returned endpoints.
    const ids = (call.input['registryIds'] as string[] | undefined) ?? [call.principal.split(':')[4] ?? account];
    const data = ids.map(id => dataOf(tokenFor(call, id), id));
    return jsonReply(200, { authorizationData: spoilt ? data.flatMap(one => spoil(spoilt, one)) : data });
  }

  /** Returns one page of two rules, so that clients have to follow nextToken. */
  function rulesPage({ input }: AwsCall): object {
    const from = Number(input['nextToken'] ?? 0);
    const rules = (fake.cacheRules ?? []).map(rule => ({ registryId: input['registryId'], createdAt: 1_700_000_000, ...rule }));
    return { pullThroughCacheRules: rules.slice(from, from + 2), ...(rules.length > from + 2 && { nextToken: String(from + 2) }) };
  }

  function tokenFor({ region, principal: caller }: AwsCall, id: string): Token {
    const owner = `${caller} ${id}`;
    const newest = tokens.findLast(token => token.region === region && token.for === owner);
    if (options.rotation === 'on demand' && newest?.current && newest.expiresAt > fake.now()) return newest;
    if (newest) newest.current = false;
    const expiresAt = fake.now() + fake.ttlMs;
    const token = { for: owner, region, password: mint({ account: id, region, expiresAt: new Date(expiresAt) }), expiresAt, current: true };
    tokens.push(token);
    return token;
  }
}

function dataOf({ password, region, expiresAt }: Token, id: string): TokenData {
  return {
    authorizationToken: Buffer.from(`AWS:${password}`).toString('base64'),
    expiresAt: expiresAt / 1000,
    proxyEndpoint: `https://${privateRegistryHost(id, region)}`,
  };
}

function serviceOf(request: Seen): Service {
  if (invokedIn(request) !== undefined) return 'lambda';
  return request.headers['x-amz-target'] === undefined ? 'sts' : (targets[targetOf(request)[0]] ?? 'ecr');
}

function inputOf(request: Seen, service: Service): AwsCall['input'] {
  if (service === 'lambda') return { FunctionName: invokedIn(request), event: eventIn(request) };
  return service === 'sts'
    ? Object.fromEntries(new URLSearchParams(request.body.toString()))
    : (jsonOf(request) as Record<string, unknown>);
}

/** Returns the trouble with the form of a request, which AWS checks before anything else. */
function misshapen(request: Seen, { action, input }: AwsCall, signer: Signer | undefined, service: Service): Trouble | undefined {
  if (service === 'lambda') return signer?.service === service ? (request.method === 'POST' ? undefined : 'not understood') : 'not signed';
  const known =
    service === 'sts'
      ? ['AssumeRole', 'AssumeRoleWithWebIdentity', 'GetCallerIdentity']
      : ['GetAuthorizationToken', 'DescribePullThroughCacheRules'];
  const type = service === 'sts' ? 'application/x-www-form-urlencoded' : 'application/x-amz-json-1.1';
  if (
    request.method !== 'POST' ||
    request.path !== '/' ||
    !known.includes(action) ||
    request.headers['content-type'] !== type ||
    input === undefined
  )
    return 'not understood';
  if (service !== 'sts' && !Object.hasOwn(targets, targetOf(request)[0])) return 'not understood';
  // The web identity token replaces the signature.
  if (action === 'AssumeRoleWithWebIdentity') return undefined;
  return signer?.service === service ? undefined : 'not signed';
}

/** Makes a password with the length and members of ECR's passwords. */
function likeEcr({ expiresAt }: { expiresAt: Date }): string {
  const text = {
    payload: randomBytes(960).toString('base64'),
    datakey: randomBytes(120).toString('base64'),
    version: '2',
    type: 'DATA_KEY',
    expiration: Math.floor(expiresAt.getTime() / 1000),
  };
  return Buffer.from(JSON.stringify(text)).toString('base64');
}
