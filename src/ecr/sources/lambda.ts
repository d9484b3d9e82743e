import type { Credential } from '../../contract/credential.ts';
import { Failure } from '../../contract/failures.ts';
import { type FunctionName, functionNamed } from '../../contract/function-name.ts';
import type { Registry } from '../../contract/registry.ts';
import type { AwsDeps, Identity, Origin } from '../aws/aws.ts';
import { callAws } from '../aws/call.ts';
import { regionOf } from '../aws/endpoints.ts';
import { awsFailure } from '../aws/errors.ts';
import { type Held, withKeys } from '../aws/held.ts';
import { namedProfile } from '../aws/variables.ts';
import type { Aim, Way } from '../aws/way.ts';
import type { Reply } from '../aws/wire.ts';
import { unchanged } from '../keys/asked-as.ts';
import { eventFor } from './event.ts';
import { credentialIn, type Giver } from './given/given.ts';
import { readPayload } from './given/shapes.ts';
import { logOf, toolFailure } from './tool-errors.ts';

/**
 * The deadline of one attempt, in milliseconds. A function that starts, in a VPC for example, takes longer than any
 * other call. The deadline of the whole fetch still applies.
 */
const attemptMs = 15_000;

/** An identity that asks a function for tokens. */
interface Invoker extends Identity {
  readonly lambda: string;
}

/** Invokes the function for the registry and returns the credential that it gives. Throws a Failure. */
export async function fetchByFunction(
  invoker: Invoker,
  registry: Registry,
  from: Origin,
  deps: AwsDeps,
  caller: AbortSignal,
): Promise<Credential> {
  const { env = process.env } = deps;
  const fn = functionNamed(invoker.lambda);
  if (!fn)
    throw new Failure('MISCONFIGURED', '`lambda` of the source is neither the name nor the ARN of a function.', {
      remedy: 'Write its name or its ARN.',
    });
  const aimed = (shared: { settings(profile: string): { readonly region?: string | undefined } }): Aim => {
    const ofProfile = (): string | undefined => shared.settings(namedProfile(invoker.profile, env) ?? 'default')['region'];
    const region = regionOf(fn, invoker, env) ?? ofProfile();
    if (!region) throw withoutRegion(fn);
    return { api: 'Lambda', service: 'ecr', region, fips: false, dualStack: false };
  };
  return await withKeys(invoker, aimed, from, deps, caller, async ({ keys, place, askedAs }, way) => {
    const { region } = way.aim;
    way.enter(`asking ${fn.shown} in ${region} for a token`);
    const reply = await invoke(fn, registry, keys, way);
    const credential = read(reply, fn, invoker, registry, from, way);
    const told = [place, ...invoker.roles.map(({ roleArn }) => roleArn), `${fn.shown} in ${region}`].join(', then ');
    const account = credential.own?.account;
    return {
      ...credential,
      // The invoker's rights do not matter for a pull, so the principal is not named.
      identity: { from: told, whose: `the role of ${fn.shown}`, ...(account !== undefined && { account }) },
      ...(await unchanged(askedAs, from.askedAs)),
    };
  });
}

const withoutRegion = ({ name }: FunctionName): Failure =>
  new Failure('MISCONFIGURED', `Nothing says in which region the function ${name} is.`, {
    remedy: 'Set `region` of the source, or AWS_REGION, or name the function by its ARN.',
  });

async function invoke(fn: FunctionName, registry: Registry, keys: Held['keys'], way: Way): Promise<Reply> {
  const { settings, aim, wire } = way;
  const { region } = aim;
  const right = 'lambda:InvokeFunction';
  try {
    const url = settings.address('Lambda', region);
    const path = `${url.pathname.replace(/\/$/, '')}/2015-03-31/functions/${encodeURIComponent(fn.given)}/invocations`;
    const headers = { 'content-type': 'application/octet-stream' };
    const body = JSON.stringify(eventFor(registry));
    return await callAws({ service: 'lambda', right, region, url: new URL(path, url), headers, body, keys, attemptMs }, way);
  } catch (error) {
    throw awsFailure(error, { action: right, fn, region, call: wire.last });
  }
}

/** Reads the response. Lambda reports a failed function as a successful call with an additional header. */
function read(reply: Reply, fn: FunctionName, invoker: Invoker, registry: Registry, { source, scope }: Origin, way: Way): Credential {
  const { region } = way.aim;
  const who = `The function ${fn.name} in ${region}`;
  const told = { who, shown: fn.shown, where: logOf(fn), region };
  const receivedAt = new Date(way.clock.wall());
  const issuedAt = way.wire.last?.answeredAt ?? receivedAt;
  const failed: Giver['failed'] = (type, words) => toolFailure({ type, words }, told);
  if (reply.headers['x-amz-function-error'] !== undefined) {
    const reading = readPayload(reply.text);
    throw reading.kind === 'error' ? failed(reading.type, reading.words) : failed('', '');
  }
  return credentialIn(reply.text, registry, {
    gave: `${who} answered with`,
    remedy: `Let it return {"username": "AWS", "password": PASSWORD}, or what GetAuthorizationToken answers. ${logOf(fn)}`,
    renew: 'Let it ask ECR for a new token at each call, and not keep an old one.',
    region: invoker.region ?? region,
    says: 'Let the function return `proxyEndpoint` as well, as ECR answers it.',
    issuedAt,
    receivedAt,
    madeAt: issuedAt,
    from: { source, scope },
    failed,
  });
}
