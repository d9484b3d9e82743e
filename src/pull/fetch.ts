import type { Clock } from '../contract/clock.ts';
import type { Registry } from '../contract/registry.ts';
import type { SourceSpec } from '../ecr/choice.ts';
import type { Answer } from '../io/answers.ts';
import type { Env } from './settings.ts';

/** Of one fetch, chain and roles included, in milliseconds. */
const fetchMs = 10_000;

/**
 * A new credential of AWS, with times of this machine's clock. Throws a Failure. What speaks to AWS is loaded only
 * here.
 */
export async function fetchAnswer(
  spec: SourceSpec,
  registry: Registry,
  { env, clock, signal }: { readonly env: Env; readonly clock: Clock; readonly signal: AbortSignal },
): Promise<Answer> {
  const [{ makeSources }, { openOnce }, { reachAws }] = await Promise.all([
    import('../ecr/source.ts'),
    import('../io/once.ts'),
    import('../io/reach.ts'),
  ]);
  const [source] = makeSources([spec], { once: openOnce(reachAws({ env })), clock, env, fetchMs }).all;
  if (!source) throw new Error('a source was given and none was made');
  const { username, password, issuedAt, expiresAt } = await source.fetch(registry, signal);
  const now = clock.wall();
  // The server's clock may be another one: then the life counts, and the earlier end.
  const ends = Math.min(expiresAt.getTime(), now + expiresAt.getTime() - issuedAt.getTime());
  return { username, password, issuedAt: now, expiresAt: ends };
}
