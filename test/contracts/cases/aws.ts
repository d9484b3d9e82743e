import { privateRegistryHost } from '../../../src/contract/registry.ts';
import { signerOf } from '../../fakes/aws-protocol.ts';
import type { Reply, Seen } from '../../fakes/server.ts';
import type { AwsRule, Json } from '../format.d.ts';

/** The members of a received request that cases compare. */
export interface Call {
  /** The operation, such as `ecr.GetAuthorizationToken` or `imds PUT /latest/api/token`. */
  readonly op: string;
  readonly host: string;
  readonly region?: string | undefined;
  readonly accessKeyId?: string | undefined;
  readonly role?: string | undefined;
  readonly externalId?: string | undefined;
}

/** The response to a request, or what happens instead of one. */
export type Outcome = 'close' | 'hang' | Reply;

/** The AWS of one run of a case. Each request uses up a rule. */
export interface Aws {
  readonly calls: Call[];
  /** Returns the rule for an operation, and counts one use of it. */
  ruleFor(op: string): AwsRule | undefined;
  /** Returns the response to a request and its delay in milliseconds. */
  answer(request: Seen, host: string): { readonly outcome: Outcome; readonly delayMs: number };
}

export function createAws(rules: readonly AwsRule[]): Aws {
  const left = rules.map(rule => ({ rule, times: rule.times ?? Number.POSITIVE_INFINITY }));
  const calls: Call[] = [];
  let sessions = 0;
  function ruleFor(op: string): AwsRule | undefined {
    const found = left.find(({ rule, times }) => times > 0 && isOf(op, rule.op));
    if (found) found.times--;
    return found?.rule;
  }
  return {
    calls,
    ruleFor,
    answer(request, host) {
      const call = callOf(request, host);
      calls.push(call);
      const rule = ruleFor(call.op);
      const good = (): Reply => goodAnswer(call, rule?.ok ?? {}, () => ++sessions);
      return { outcome: outcomeOf(rule, good), delayMs: rule?.delayMs ?? 0 };
    },
  };
}

/** Whether `op` is the wanted operation. A wanted name without a blank also matches every op with that first word. */
export const isOf = (op: string, wanted: string): boolean => op === wanted || (!wanted.includes(' ') && op.split(' ')[0] === wanted);

function outcomeOf(rule: AwsRule | undefined, good: () => Reply): Outcome {
  if (rule?.hang) return 'hang';
  if (rule?.close) return 'close';
  const date = rule?.skewSec === undefined ? {} : { date: new Date(Date.now() + rule.skewSec * 1000).toUTCString() };
  if (rule?.status === undefined && rule?.body === undefined) {
    const reply = good();
    return { ...reply, headers: { ...reply.headers, ...date } };
  }
  const { status = 200, headers, body = '' } = rule;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { status, headers: { 'content-type': json, ...date, ...headers }, text };
}

const json = 'application/x-amz-json-1.1';

function callOf(request: Seen, host: string): Call {
  const { region, accessKeyId } = signerOf(request) ?? {};
  const form = new URLSearchParams(request.body.toString());
  const [target = '', action] = String(request.headers['x-amz-target'] ?? '').split('.');
  const at = { host, region, accessKeyId };
  if (target.startsWith('AmazonEC2ContainerRegistry')) return { ...at, op: `ecr.${action}` };
  if (target.startsWith('SpencerFrontendService')) return { ...at, op: `ecr-public.${action}` };
  if (request.path.startsWith('/latest/')) return { ...at, op: `imds ${request.method} ${request.path}` };
  if (request.path.startsWith('/container/')) return { ...at, op: 'container.credentials' };
  if (host.startsWith('portal.sso.')) return { ...at, op: 'sso.GetRoleCredentials' };
  const [role, externalId] = [form.get('RoleArn') ?? undefined, form.get('ExternalId') ?? undefined];
  return { ...at, op: `sts.${form.get('Action')}`, role, externalId };
}

type Changes = NonNullable<AwsRule['ok']>;

const hours = (count: number): string => new Date(Date.now() + count * 3_600_000).toISOString().replace(/\.\d+/, '');

function goodAnswer(call: Call, changes: Changes, nextSession: () => number): Reply {
  const [service] = call.op.split(/[. ]/);
  if (service === 'ecr' || service === 'ecr-public') return { status: 200, headers: { 'content-type': json }, text: token(call, changes) };
  if (service === 'sts') return assumed(call.op.slice(4), nextSession());
  if (service === 'sso') {
    const roleCredentials = {
      accessKeyId: 'ASIASSOEXAMPLE',
      secretAccessKey: 'sso-secret',
      sessionToken: 'sso-session',
      expiration: Date.now() + 3_600_000,
    };
    return { status: 200, json: { roleCredentials } };
  }
  const keys = (id: string, session: string, life: number) => ({
    AccessKeyId: id,
    SecretAccessKey: `${session}-secret`,
    Token: session,
    Expiration: hours(life),
  });
  if (service === 'container') return { status: 200, json: keys('ASIACONTAINER', 'c-session', 1) };
  if (call.op.endsWith(' /latest/api/token'))
    return { status: 200, headers: { 'x-aws-ec2-metadata-token-ttl-seconds': '21600' }, text: 'imds-token' };
  if (/\/security-credentials\/?$/.test(call.op)) return { status: 200, text: 'node-role' };
  return call.op.endsWith('/node-role')
    ? { status: 200, json: { Code: 'Success', ...keys('ASIAIMDSEXAMPLE', 'imds-session', 6) } }
    : { status: 404 };
}

function token(
  { op, region = '' }: Call,
  { empty, authorizationToken, password = 'token-1', proxyEndpoint, expiresIn = 43_200, drop = [] }: Changes,
): string {
  const isPublic = op.startsWith('ecr-public.');
  const data: Record<string, Json> = {
    authorizationToken: authorizationToken ?? Buffer.from(`AWS:${password}`).toString('base64'),
    expiresAt: Date.now() / 1000 + expiresIn,
    ...(!isPublic && { proxyEndpoint: proxyEndpoint ?? `https://${privateRegistryHost('123456789012', region)}` }),
  };
  const kept = Object.fromEntries(Object.entries(data).filter(([name]) => !drop.includes(name)));
  if (empty) return JSON.stringify({ authorizationData: isPublic ? {} : [] });
  return JSON.stringify({ authorizationData: isPublic ? kept : [kept] });
}

function assumed(action: string, nr: number): Reply {
  const [id, role] = [`ASIAEXAMPLE${String(nr).padStart(5, '0')}`, 'arn:aws:sts::123456789012:assumed-role/puller/session'];
  const keys = `<AccessKeyId>${id}</AccessKeyId><SecretAccessKey>session-secret-${nr}</SecretAccessKey><SessionToken>session-${nr}</SessionToken><Expiration>${hours(1)}</Expiration>`;
  const result = `<Credentials>${keys}</Credentials><AssumedRoleUser><Arn>${role}</Arn><AssumedRoleId>AROA:session</AssumedRoleId></AssumedRoleUser>`;
  const text = `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result>${result}</${action}Result><ResponseMetadata><RequestId>req-1</RequestId></ResponseMetadata></${action}Response>`;
  return { status: 200, headers: { 'content-type': 'text/xml' }, text };
}
