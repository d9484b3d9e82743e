import type { Source } from '../../contract/source.ts';
import { asksAws, choiceOf, type SourceSpec } from '../../ecr/sources/choice.ts';
import { identityIn } from '../../ecr/sources/source.ts';
import { holderOf } from '../../refusals/principal.ts';
import { UsageError } from '../io.ts';
import { principalOf } from '../policy/principals.ts';

/** The principal that will pull, where it is not the identity of the source. */
export interface Puller {
  /** The sources. Those that call ECR assume the role. */
  readonly specs: readonly SourceSpec[];
  /** A principal that cannot be assumed: in words, and as ARN. */
  readonly other?: { readonly words: string; readonly arn: string };
}

/**
 * The principal of `--as`. A role is assumed, so that its own permissions are tried. A user, a session or an account
 * cannot be assumed, so the report only names whose policies count. as: an ARN, or an account number.
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
  // A function, a command or a file has its own identity, which a role of ours does not change.
  if (!asksAws(spec) || spec.lambda !== undefined) return spec;
  return { ...spec, roles: [...identityIn(spec).roles, { roleArn }], roleArn: undefined, externalId: undefined };
}

/** Throws a UsageError if another program fetches the tokens of the source. */
export function insistOnRole({ as }: { readonly as: string | undefined }, source: Pick<Source, 'name' | 'tokensFrom'> | undefined): void {
  if (as !== undefined && source?.tokensFrom)
    throw new UsageError(`--as is for sources that ask ECR: tokens of the source ${source.name} come from ${source.tokensFrom.words}`);
}
