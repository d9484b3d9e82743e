import type { Credential } from '../../contract/credential.ts';
import { type Asked as AskedOfAws, asFailure, type Failure, type FailureCode } from '../../contract/failures.ts';
import type { Image } from '../../contract/image.ts';
import type { Source, TokensFrom } from '../../contract/source.ts';
import { isAboutProxy } from '../../io/unconnected.ts';
import { type Denial, readDenial } from '../../refusals/denial.ts';
import { diagnose } from '../../refusals/diagnose.ts';
import type { Diagnosis } from '../../refusals/diagnosis.ts';
import { explainDenial } from '../../refusals/gates.ts';
import { why } from '../../refusals/why.ts';
import { isNoneFound } from '../keys/chain.ts';
import type { Whoami } from '../sources/whoami.ts';
import type { Step, Verdict } from './judged.ts';
import type { Pull, Wish } from './pull.ts';

/**
 * The outcome of a pull: `would pull`, or the verdict of the step that stopped it. `no token` covers every reason for
 * that.
 */
export type Outcome = 'would pull' | 'no token' | Exclude<Verdict, 'ok' | 'failed' | 'skipped'>;

/** A pull from its token on. `credential` is the newest one that was tried. */
export interface CheckedPull {
  readonly outcome: Outcome;
  readonly steps: readonly Step[];
  readonly credential?: Credential;
}

/** The step that stops a pull. undefined: none does. A pull does not depend on the identity step. */
export const stopOf = <S extends Pick<Step, 'name' | 'verdict'>>(steps: readonly S[]): S | undefined =>
  steps.find(({ name, verdict }) => name !== 'identity' && verdict !== 'ok' && verdict !== 'skipped');

function outcomeOf(steps: readonly Step[]): Outcome {
  const { name, verdict } = stopOf(steps) ?? {};
  if (name === 'token') return 'no token';
  return verdict === 'refused' || verdict === 'missing' || verdict === 'unreachable' ? verdict : 'would pull';
}

/**
 * Whether the registry rejects the credential itself, so that another one may be accepted. ECR reports this in three
 * forms, other servers with a 401; GET /v2/ depends on the credential alone. The blob store receives no credential, so
 * its answer does not count.
 */
export function isStale(steps: readonly Step[]): boolean {
  const { name, verdict, at, status, text = '' } = stopOf(steps) ?? {};
  if (verdict !== 'refused' || at === 'store') return false;
  return name === 'registry' || status === 401 || /authorization token has expired/i.test(text);
}

/**
 * Whether a refusal concerns the login. ECR Public lets every client pull: it refuses the login alone, or another
 * server has answered.
 */
const isLogin = ({ name, verdict, at }: Step, { registry }: Image): boolean =>
  verdict === 'refused' && at !== 'store' && (name === 'registry' || registry.service === 'ecr-public');

/** What is pulled, without source and credential. */
type Wanted = Pick<Wish, 'image' | 'layer' | 'puller'>;

/** A source, and how to get its identity and its tokens. */
interface Asked {
  readonly source: Pick<Source, 'name' | 'tokensFrom'>;
  /** Asks AWS who the source is. */
  readonly who: () => Promise<Whoami>;
  /** Fetches a credential other than `stale`. */
  readonly fetch: (stale?: Credential) => Promise<Credential>;
}

/**
 * Fetches a token and walks the pull with it, and once more with a newer token if the registry does not accept the
 * first one. `asked` is undefined where no source serves the image. Then it is pulled without a login, as ECR Public
 * allows.
 */
export async function checkPull(
  wish: Wanted,
  { asked, pull }: { readonly asked: Asked | undefined; readonly pull: Pull },
  signal: AbortSignal,
): Promise<CheckedPull> {
  if (!asked) return await withoutSource(wish, pull, signal);
  const [who, { steps, ...rest }] = await Promise.all([asked.who(), withToken(wish, { asked, pull }, signal)]);
  return { ...rest, steps: [identityStep(who), ...steps] };
}

async function withoutSource(wish: Wanted, pull: Pull, signal: AbortSignal): Promise<CheckedPull> {
  const { host, service } = wish.image.registry;
  const about = { name: 'token', action: `${service}:GetAuthorizationToken` } as const;
  if (service === 'ecr') {
    const text = `No source serves ${host}.`;
    const diagnosis = why(text);
    return checked([{ ...about, verdict: 'failed', text, ...(diagnosis && { diagnosis }) }]);
  }
  const token: Step = { ...about, verdict: 'skipped', text: 'No source serves it: pulled without a login.' };
  return checked([token, ...(await pull({ ...wish, source: '', credential: undefined }, signal))]);
}

async function withToken(
  wish: Wanted,
  { asked, pull }: { readonly asked: Asked; readonly pull: Pull },
  signal: AbortSignal,
): Promise<CheckedPull> {
  const { name: source, tokensFrom } = asked.source;
  const { service } = wish.image.registry;
  const action = tokensFrom?.right ?? `${service}:GetAuthorizationToken`;
  let credential: Credential | undefined;
  for (let attempts = 0; ; attempts++) {
    try {
      credential = await asked.fetch(credential);
    } catch (error) {
      return checked([failedStep({ name: 'token', action }, asFailure(error), source)], credential);
    }
    const steps: Step[] = [{ name: 'token', action, verdict: 'ok' }, ...(await pull({ ...wish, source, credential }, signal))];
    if (!isStale(steps) && !steps.some(step => isLogin(step, wish.image))) return checked(steps, credential);
    if (attempts > 0) return checked(steps.map(asFresh(wish.image, tokensFrom)), credential);
  }
}

/**
 * Replaces the diagnosis of a refused login: what is said of stored passwords is not true of a token that was just
 * fetched.
 */
const asFresh =
  (image: Image, tokensFrom: TokensFrom | undefined) =>
  (step: Step): Step => {
    const { status = 403, text = 'it answered nothing', action } = step;
    if (!isLogin(step, image)) return step;
    const { host } = image.registry;
    const own = { host, at: 'registry', said: text, isSilent: false, login: tokensFrom ?? 'fresh' } as const;
    const diagnosis = diagnose({ status, text: '', action, host, own }, image);
    return { ...step, ...(diagnosis && { diagnosis }) };
  };

const checked = (steps: readonly Step[], credential?: Credential): CheckedPull => ({
  outcome: outcomeOf(steps),
  steps,
  ...(credential && { credential }),
});

/**
 * The verdicts for refusals and for servers that do not respond. Any other failure only means that there is no token.
 */
const verdicts: Partial<Record<FailureCode, Verdict>> = {
  AUTH: 'refused',
  FORBIDDEN: 'refused',
  UNREACHABLE: 'unreachable',
  TIMEOUT: 'unreachable',
  BUSY: 'unreachable',
};
const verdictOn = (failure: Failure): Verdict => (isNoneFound(failure) ? undefined : verdicts[failure.code]) ?? 'failed';

/** The identity step. GetCallerIdentity needs no right, and returns nothing but the name. */
function identityStep({ source, giver, caller, failure }: Whoami): Step {
  const asked = { name: 'identity', action: 'sts:GetCallerIdentity' } as const;
  if (caller) return { ...asked, verdict: 'ok', text: caller.arn };
  if (failure) return failedStep(asked, failure, source);
  return { name: 'identity', action: 'none', verdict: 'skipped', text: `No AWS identity is used: tokens come from ${giver}.` };
}

/** A failed token or identity step. The refusal may concern a role that had to be assumed first. */
function failedStep({ name, action }: Pick<Step, 'name' | 'action'>, failure: Failure, source: string): Step {
  const { message, facts } = failure;
  const right = readDenial(message)?.action ?? facts.asked?.right ?? action;
  return { name, action: right, verdict: verdictOn(failure), text: message, diagnosis: meaningOf(failure, source) };
}

function meaningOf({ code, message, remedy, facts }: Failure, source: string): Diagnosis {
  const denial = readDenial(message);
  if (denial) return explainDenial({ ...denial, ...withId(facts.asked) });
  // The words of the failure are more specific; the table supplies the side that is responsible.
  const known = why(message);
  return {
    id: known?.id ?? `token-${code.toLowerCase().replaceAll('_', '-')}`,
    sentence: message,
    side:
      known?.side ??
      (isAboutProxy(message) ? 'the proxy between this machine and AWS.' : `source ${source}, and whoever it asks for tokens`),
    remedy,
  };
}

const withId = ({ externalId }: Partial<AskedOfAws> = {}): Pick<Denial, 'externalId'> => (externalId === undefined ? {} : { externalId });
