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

/** One of the policies that must allow something: its name as the rest of a sentence, and what is pasted there. */
export interface Side {
  readonly words: string;
  /** Its place among the gates of ECR: "the first gate, ". Empty elsewhere. */
  readonly gate: string;
  readonly paste: Paste;
}

/** Whom the policy of what was asked for must let in. */
const principalOf = ({ principal, account }: Denial): string => principal ?? account ?? '*';

/** What an administrator does with the paste. */
export const added = ({ kind }: Paste): string => (kind === 'command' ? 'Run the command' : 'Add the statement');

/** What the name in the paste may lack. */
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

/** For a statement: what was asked for. A name to fill in stands where the text does not tell it. */
export const arns = ({ resource, action }: Denial): readonly string[] => [resource ?? toFillIn[actions.get(action) ?? ''] ?? '*'];

export const isCross = ({ account, resourceAccount }: Denial): boolean =>
  account !== undefined && resourceAccount !== undefined && account !== resourceAccount;

/** "Role ci in account 1 may not do ecr:BatchGetImage on repository team/app of account 2". */
export const refused = (denial: Denial): string => `${capital(denial.holder.words)} may not do ${denial.action}${onWhat(denial)}`;

function onWhat({ resource, cut }: Denial): string {
  if (cut?.resource !== undefined) return ` on ${cut.resource}... (the text is cut off there)`;
  if (resource === undefined || resource === '*') return '';
  const arn = /^arn:[\w-]+:ecr:(?<region>[^:]*):(?<account>[^:]*):repository\/(?<name>.+)$/.exec(resource)?.groups;
  return arn ? ` on repository ${arn['name']} of account ${arn['account']} in ${arn['region']}` : ` on ${resource}`;
}

const inAccount = (account: string | undefined): string => (account === undefined ? 'in its account' : `in account ${account}`);
export const statementFor = (words: string, statement: Statement): Paste => policyPaste(`Statement for ${words}`, statement);
/** The gates of the pulls and pushes; everybody's tokens know the first one only. */
const ofGate = (denial: Denial, gate: string): string => (serviceOf(denial) === 'ecr' ? `the ${gate} gate, ` : '');

/** At the first import there is no repository either that could let somebody in. */
const isOfRegistry = (job: Rights): boolean => job.by === 'registry' || job === rights.import;

/** Where the statements of a holder are kept: not everybody's can be edited in IAM. */
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

/** Of the policies that hang on what was asked for. */
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

/** To be filled in where nobody can say which it is: without one the statement would open a role that demands it. */
const unknownId = 'EXTERNAL-ID';

function externalIdFor({ action, externalId = unknownId }: Denial): string | undefined {
  return action === 'sts:AssumeRole' ? (externalId ?? undefined) : undefined;
}

/** What to look at before the statement of a trust policy is added. */
export function aboutExternalId({ action, externalId }: Denial): string {
  if (action !== 'sts:AssumeRole') return '';
  if (externalId === undefined)
    return ` Put the externalId of whoever asks in the place of ${unknownId}. Leave that condition out only of a role that demands no external id.`;
  if (externalId === null)
    return ' No external id was sent. Where a statement there has a condition on sts:ExternalId, do not add this one, which would let in without it: configure that id as externalId.';
  return ` The condition has the external id that was sent: it must be the one that the owner of the role has given out. A statement without it would let in without any.`;
}

const side = (words: string, gate: string, statement: Statement): Side => ({ words, gate, paste: statementFor(words, statement) });
