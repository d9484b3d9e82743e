import type { Source } from '../../contract/source.ts';
import { asksAws, choiceOf, type SourceSpec } from '../../ecr/sources/choice.ts';
import { identityIn } from '../../ecr/sources/source.ts';
import { holderOf } from '../../refusals/principal.ts';
import { UsageError } from '../io.ts';
import { principalOf } from '../policy/principals.ts';

/** Who pulls in the end, where that is not the identity of the source. */
export interface Puller {
  /** The sources. Those that ask ECR become that role. */
  readonly specs: readonly SourceSpec[];
  /** Somebody whom nobody can become: in words, and as ARN. */
  readonly other?: { readonly words: string; readonly arn: string };
}

/**
 * A role is assumed, so that its own rights are tried. Nobody can become a user, a session or an account: of these it
 * is said whose policies count. as: an ARN, or the number of an account.
 */
export function pullerOf(as: string | undefined, sources: readonly SourceSpec[]): Puller {
  const { all } = choiceOf(sources);
  if (as === undefined) return { specs: all };
  const arn = principalOf(as, /^arn:([\w-]+):/.exec(as)?.[1] ?? 'aws');
  const { kind, words } = holderOf(arn);
  if (kind !== 'role' || !arn.includes(':role/'))
    return { specs: all, other: { words: arn.endsWith(':root') ? `account ${as}` : words, arn } };
  return { specs: all.map(spec => asRole(spec, arn)) };
}

function asRole(spec: SourceSpec, roleArn: string): SourceSpec {
  // Whoever gives the tokens is somebody, whatever we are.
  if (!asksAws(spec) || spec.lambda !== undefined) return spec;
  return { ...spec, roles: [...identityIn(spec).roles, { roleArn }], roleArn: undefined, externalId: undefined };
}

/** Throws a UsageError where the tokens of a source are not fetched by us. */
export function insistOnRole({ as }: { readonly as: string | undefined }, source: Pick<Source, 'name' | 'tokensFrom'> | undefined): void {
  if (as !== undefined && source?.tokensFrom)
    throw new UsageError(`--as is for sources that ask ECR: tokens of the source ${source.name} come from ${source.tokensFrom.words}`);
}
