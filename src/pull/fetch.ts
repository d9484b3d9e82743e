import type { Answer } from '../contract/answer-file.ts';
import type { Clock } from '../contract/clock.ts';
import { spanHere } from '../contract/credential.ts';
import { withoutManagers } from '../contract/ours.ts';
import type { Registry } from '../contract/registry.ts';
import { endsWithSession } from '../ecr/keys/asked-as.ts';
import type { WebToken } from '../ecr/keys/role.ts';
import type { SourceSpec } from '../ecr/sources/choice.ts';
import { makeSources, sourceByToken } from '../ecr/sources/source.ts';
import { openOnce } from '../io/once.ts';
import { reachAws } from '../io/reach.ts';
import type { Env } from './settings.ts';

interface Asking {
  readonly env: Env;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly webToken?: WebToken | undefined;
}

/** The deadline of one fetch in milliseconds, chain and roles included. */
const fetchMs = 10_000;

/**
 * Fetches a new credential from AWS, with times of this machine's clock. Throws a Failure. This file loads the code
 * that calls AWS, so it is loaded only when there is no answer on disk.
 */
export async function fetchAnswer(spec: SourceSpec, registry: Registry, { env, clock, signal, webToken }: Asking): Promise<Answer> {
  // A pull needs an answer, so switches yield. The daemon reports contradictions of its own settings.
  const commandEnv = withoutManagers(env);
  const deps = { once: openOnce(reachAws({ env })), clock, env, commandEnv, fetchMs, switches: 'yield', askedAs: 'not said' } as const;
  const source = webToken ? sourceByToken(webToken, spec, deps) : makeSources([spec], deps).all[0];
  if (!source) throw new Error('a source was given and none was made');
  const credential = await source.fetch(registry, signal);
  const { username, password, sessionEndsAt: expiresAt } = credential;
  const now = clock.wall();
  const spans = [spanHere(credential, now), ...(expiresAt && endsWithSession(env) ? [spanHere({ ...credential, expiresAt }, now)] : [])];
  const end = Math.min(...spans.map(span => span.end));
  return { username, password, issuedAt: now, freshUntil: (now + end) / 2, expiresAt: end };
}
