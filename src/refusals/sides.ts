import { capital } from '../contract/text.ts';
import { actions } from './actions.ts';
import { invoker, withoutPath } from './admitted.ts';
import type { Denial } from './denial.ts';
import { type Paste, policyPaste } from './diagnosis.ts';
import type { Holder } from './principal.ts';
import {
  addPermission,
  identityStatement,
  permissionOf,
  type Rights,
  repositoryStatement,
  resourceStatement,
  rights,
  rightsFor,
  type Statement,
  trustStatement,
} from './statements.ts';

/** A policy that must allow the action: its name as the end of a sentence, and what to paste there. */
interface Side {
  readonly words: string;
  /** Its position among the gates of ECR, such as "the first gate, ". Empty for other policies. */
  readonly gate: string;
  readonly paste: Paste;
}

/** The principal that the policy of the resource must let in. */
const principalOf = ({ principal, account }: Denial): string => principal ?? account ?? '*';

/** The instruction for the paste. */
export const added = ({ kind }: Paste): string => (kind === 'command' ? 'Run the command' : 'Add the statement');

/** A note that a role in the paste may lack its path. */
export const aboutPath = (denial: Denial): string =>
  serviceOf(denial) === 'lambda'
    ? withoutPath([principalOf(denial)])
        .map(note => ` ${note}`)
        .join('')
    : '';

export const needed = ({ action }: Denial): Rights => rightsFor(action);
export const serviceOf = ({ action }: Denial): string => action.slice(0, action.indexOf(':'));

const toFillIn: Partial<Record<string, string>> = {
  repository: 'arn:aws:ecr:REGION:ACCOUNT:repository/NAME',
  function: 'arn:aws:lambda:REGION:ACCOUNT:function:NAME',
};

/** The resources of the statement, with placeholders where the text does not name any. */
export const arns = ({ resource, action }: Denial): readonly string[] => [resource ?? toFillIn[actions.get(action) ?? ''] ?? '*'];

export const isCross = ({ account, resourceAccount }: Denial): boolean =>
  account !== undefined && resourceAccount !== undefined && account !== resourceAccount;

/** The refusal in words: "Role ci in account 1 may not do ecr:BatchGetImage on repository team/app of account 2". */
export const refused = (denial: Denial): string => `${capital(denial.holder.words)} may not do ${denial.action}${onWhat(denial)}`;

function onWhat({ resource, cut }: Denial): string {
  if (cut?.resource !== undefined) return ` on ${cut.resource}... (the text is cut off there)`;
  if (resource === undefined || resource === '*') return '';
  const arn = /^arn:[\w-]+:ecr:(?<region>[^:]*):(?<account>[^:]*):repository\/(?<name>.+)$/.exec(resource)?.groups;
  return arn ? ` on repository ${arn['name']} of account ${arn['account']} in ${arn['region']}` : ` on ${resource}`;
}

const inAccount = (account: string | undefined): string => (account === undefined ? 'in its account' : `in account ${account}`);
export const statementFor = (words: string, statement: Statement): Paste => policyPaste(`Statement for ${words}`, statement);
/** The position of a gate, as a prefix. Only actions of the service `ecr` have gates. */
const ofGate = (denial: Denial, gate: string): string => (serviceOf(denial) === 'ecr' ? `the ${gate} gate, ` : '');

/** Whether the registry policy decides: before the first import there is no repository, so no repository policy. */
const isOfRegistry = (job: Rights): boolean => job.by === 'registry' || job === rights.import;

/** The identity policy of the caller, or what stands in for it: not every holder has one that can be edited in IAM. */
export function identitySide(denial: Denial): Side {
  const { holder } = denial;
  const words = holdersPolicy(holder);
  return { words, gate: ofGate(denial, 'first'), paste: statementFor(words, identityStatement(needed(denial), arns(denial))) };
}

/** A federated user has no policy of its own (IAM user guide, GetFederationToken). */
function holdersPolicy({ kind, words }: Holder): string {
  if (kind === 'permission-set') return `the ${words}`;
  if (kind === 'federated') return `the identity policy of the user that called GetFederationToken for ${words}`;
  return `the identity policy of ${words}`;
}

/** The policy of the resource. */
export function resourceSide(denial: Denial): Side {
  const { resource, resourceAccount, account } = denial;
  const [arn = ''] = arns(denial);
  const owner = inAccount(resourceAccount ?? (resource?.includes(':ACCOUNT:') ? 'ACCOUNT' : account));
  const principals = [principalOf(denial)];
  const of = resourceStatement(needed(denial), principals, arns(denial));
  if (isOfRegistry(needed(denial))) return side(`the registry policy ${owner}`, ofGate(denial, 'third'), of);
  if (serviceOf(denial) === 'ecr')
    return side(`the repository policy ${owner}`, ofGate(denial, 'second'), repositoryStatement(needed(denial), principals));
  if (actions.get(denial.action) === 'role')
    return side(`the trust policy of ${resource ?? 'the role'}`, '', trustStatement(needed(denial), principals, externalIdFor(denial)));
  if (serviceOf(denial) === 'lambda') {
    const words = `the policy of the function ${arn}`;
    const text = addPermission(permissionOf(arn, invoker(principalOf(denial)), 'Invoke'));
    return { words, gate: '', paste: { what: `Command for ${words}`, kind: 'command', text } };
  }
  return side(`the policy of ${resource ?? 'what was asked for'}`, '', of);
}

/** The placeholder for an unknown external id. A statement without one would open a role that requires it. */
const unknownId = 'EXTERNAL-ID';

function externalIdFor({ action, externalId = unknownId }: Denial): string | undefined {
  return action === 'sts:AssumeRole' ? (externalId ?? undefined) : undefined;
}

/** What to check before adding the statement to a trust policy. */
export function aboutExternalId({ action, externalId }: Denial): string {
  if (action !== 'sts:AssumeRole') return '';
  if (externalId === undefined)
    return ` Put the externalId of whoever asks in the place of ${unknownId}. Leave that condition out only of a role that demands no external id.`;
  if (externalId === null)
    return ' No external id was sent. Where a statement there has a condition on sts:ExternalId, do not add this one, which would grant access without an external id: configure that id as externalId.';
  return ` The condition has the external id that was sent: it must be the one that the owner of the role has given out. A statement without it would let in without any.`;
}

const side = (words: string, gate: string, statement: Statement): Side => ({ words, gate, paste: statementFor(words, statement) });
