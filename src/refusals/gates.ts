import type { Denial, Gate } from './denial.ts';
import type { Diagnosis, Paste } from './diagnosis.ts';
import {
  endpointStatement,
  identityStatement,
  type Rights,
  repositoryStatement,
  resourceStatement,
  rights,
  rightsFor,
  type Statement,
} from './statements.ts';

/** Who pulls, where that is not the one whose token it is. In words: "the kubelet of node-1". */
export interface Puller {
  readonly puller?: string;
}

/**
 * Which statement is missing, in which of the three gates (identity policy, repository policy, registry policy), in
 * which account, for whom. A Deny, a boundary and the policies of an organization stand before the three.
 */
export function explainDenial(denial: Denial, { puller }: Puller = {}): Diagnosis {
  const told = denial.explicit ? explicitly(denial) : (implicitly[denial.gate ?? 'unsaid'] ?? unsaid)(denial);
  if (puller === undefined || denial.principal === undefined) return told;
  const whose = `The token belongs to ${denial.holder.words}, so these policies count, whoever presents the token: those of ${puller} do not.`;
  return { ...told, sentence: `${told.sentence} ${whose}` };
}

const json = (statement: Statement): string => JSON.stringify(statement, undefined, 2);
const capital = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;

/** "Role ci in account 1 may not do ecr:BatchGetImage on repository team/app of account 2". */
const refused = (denial: Denial): string => `${capital(denial.holder.words)} may not do ${denial.action}${onWhat(denial)}`;

function onWhat({ resource }: Denial): string {
  if (resource === undefined || resource === '*') return '';
  const arn = /^arn:[\w-]+:ecr:(?<region>[\w-]*):(?<account>\d{12}):repository\/(?<name>.+)$/.exec(resource)?.groups;
  return arn ? ` on repository ${arn['name']} of account ${arn['account']} in ${arn['region']}` : ` on ${resource}`;
}

const isCross = ({ account, resourceAccount }: Denial): boolean =>
  account !== undefined && resourceAccount !== undefined && account !== resourceAccount;
const ownerOf = ({ resourceAccount, account }: Denial): string => inAccount(resourceAccount ?? account);
const inAccount = (account: string | undefined): string => (account === undefined ? 'of its account' : `in account ${account}`);
const needed = ({ action }: Denial): Rights => rightsFor(action);
const arns = ({ resource }: Denial): readonly string[] => [resource ?? '*'];
const principals = ({ principal, account }: Denial): readonly string[] => [principal ?? account ?? '*'];

/** The repository of the ARN is there only once it was created; until then its registry decides. */
const isRegistrys = ({ action }: Denial): boolean => needed({ action } as Denial) === rights.create || action === 'ecr:ReplicateImage';

const identityPaste = (denial: Denial): Paste => ({
  what: `Statement for ${identityPolicies(denial)}`,
  kind: 'policy',
  text: json(identityStatement(needed(denial), arns(denial))),
});

const resourcePaste = (denial: Denial): Paste =>
  isRegistrys(denial)
    ? {
        what: `Statement for the registry policy ${ownerOf(denial)}`,
        kind: 'policy',
        text: json(resourceStatement(needed(denial), principals(denial), arns(denial))),
      }
    : {
        what: `Statement for the policy of that repository ${ownerOf(denial)}`,
        kind: 'policy',
        text: json(repositoryStatement(needed(denial), principals(denial))),
      };

/** Where the statements of a holder are kept: not everybody's can be edited in IAM. */
function identityPolicies({ holder }: Denial): string {
  if (holder.kind === 'permission-set') return `the ${holder.words}`;
  return `an identity policy of ${holder.words}`;
}

function howToAdd(denial: Denial): string {
  const { holder } = denial;
  if (holder.kind === 'permission-set')
    return `Add the statement to ${identityPolicies(denial)}, and provision it again: the role that it makes cannot be changed in IAM.`;
  if (holder.kind === 'service-role') return `Let another identity ask: the policies of a ${holder.words} cannot be changed.`;
  return `Add the statement to ${identityPolicies(denial)}.`;
}

/** What all rights but those of tokens have in common: the resource's own account has a say. */
const otherSide = (denial: Denial): string =>
  isCross(denial) ? ` The ${isRegistrys(denial) ? 'registry' : 'repository'} policy ${ownerOf(denial)} must allow it as well.` : '';

function ofIdentity(denial: Denial): Diagnosis {
  return {
    id: 'denied-identity',
    sentence: `${refused(denial)}: the statement is missing in the first gate, the identity policy. No policy of that identity allows it.`,
    side: identityPolicies(denial),
    remedy: `${howToAdd(denial)}${starOnly(denial)}${otherSide(denial)}`,
    paste: isCross(denial) ? [identityPaste(denial), resourcePaste(denial)] : [identityPaste(denial)],
  };
}

const starOnly = (denial: Denial): string =>
  needed(denial).resource === '*' ? ' Its resource must be *: a repository is not enough.' : '';

function ofResource(denial: Denial): Diagnosis {
  const which = isRegistrys(denial) ? 'the third gate, the registry policy' : 'the second gate, the policy of the repository';
  const or = isRegistrys(denial) ? '' : ' (A statement in the registry policy of that account would do, too.)';
  return {
    id: 'denied-resource',
    sentence: `${refused(denial)}: the statement is missing in ${which}, ${ownerOf(denial)}.${isCross(denial) ? ' The caller is of another account, so both accounts must allow it.' : ''}`,
    side: `${isRegistrys(denial) ? 'the registry policy' : 'the policy of the repository'} ${ownerOf(denial)}`,
    remedy: `Add the statement there, as somebody of that account.${or}`,
    paste: [resourcePaste(denial)],
  };
}

/** Those that narrow what the three gates allow: their Allow is needed besides. */
function narrowed(id: string, what: string, side: string, remedy: string) {
  return (denial: Denial): Diagnosis => ({
    id,
    sentence: `${refused(denial)}: ${what} does not allow it, and narrows what the three gates allow.`,
    side: side.replace('HOLDER', denial.holder.words),
    remedy,
    paste: [
      {
        what: `Statement for ${side.replace('HOLDER', denial.holder.words)}`,
        kind: 'policy',
        text: json((id === 'denied-endpoint' ? endpointStatement : identityStatement)(needed(denial), arns(denial))),
      },
    ],
  });
}

function unsaid(denial: Denial): Diagnosis {
  const first = `${refused(denial)}. IAM does not say why.`;
  const several = isCross(denial)
    ? `The caller and the resource are of two accounts, so both must allow it: ${identityPolicies(denial)}, and the ${isRegistrys(denial) ? 'registry' : 'repository'} policy ${ownerOf(denial)}.`
    : 'Most often the statement is missing in the first gate, the identity policy; a Deny or a boundary reads the same.';
  return {
    id: 'denied-unsaid',
    sentence: `${first} ${several}`,
    side: isCross(denial) ? `${identityPolicies(denial)}, or the policy ${ownerOf(denial)}` : identityPolicies(denial),
    remedy: `Look whether ${identityPolicies(denial)} has the statement. If it has, look for a Deny: permissions boundary, service control policies, session policy.${otherSide(denial)}`,
    paste: isCross(denial) ? [identityPaste(denial), resourcePaste(denial)] : [identityPaste(denial)],
  };
}

const implicitly: Readonly<Record<Gate | 'unsaid', (denial: Denial) => Diagnosis>> = {
  identity: ofIdentity,
  resource: ofResource,
  boundary: narrowed(
    'denied-boundary',
    'its permissions boundary',
    'the permissions boundary of HOLDER',
    'Add the statement to the permissions boundary. It gives no right by itself: an identity policy must have it, too.',
  ),
  scp: narrowed(
    'denied-scp',
    'a service control policy of the organization',
    'the service control policies above the account of HOLDER',
    'Ask the administrators of the organization: each level from the root to the account must allow it.',
  ),
  rcp: narrowed(
    'denied-rcp',
    'a resource control policy of the organization',
    'the resource control policies above the account of the repository',
    'Ask the administrators of the organization to which the repository belongs.',
  ),
  session: narrowed(
    'denied-session',
    'the policy of this session',
    'the session policy of HOLDER',
    'Look where the session is made: AssumeRole was given a policy that is narrower than the role.',
  ),
  endpoint: narrowed(
    'denied-endpoint',
    'the policy of the VPC endpoint',
    'the policy of the VPC endpoint through which HOLDER came',
    'Add the statement to the policies of the endpoints ecr.api and ecr.dkr of this VPC.',
  ),
  unsaid,
};

const deniers: Readonly<Record<Gate | 'unsaid', (denial: Denial) => string>> = {
  identity: denial => identityPolicies(denial),
  resource: denial => `the policy of the repository, or the registry policy, ${ownerOf(denial)}`,
  boundary: ({ holder }) => `the permissions boundary of ${holder.words}`,
  scp: ({ account }) => `a service control policy above ${account === undefined ? 'the account' : `account ${account}`}`,
  rcp: denial => `a resource control policy above the account of the repository (${ownerOf(denial)})`,
  session: ({ holder }) => `the session policy of ${holder.words}`,
  endpoint: () => 'the policy of the VPC endpoint',
  unsaid: () =>
    'a policy that IAM does not name (identity, repository or registry policy, permissions boundary, SCP, RCP, session, VPC endpoint)',
};

function explicitly(denial: Denial): Diagnosis {
  const side = deniers[denial.gate ?? 'unsaid'](denial);
  const named = denial.policy === undefined ? '' : ` (${denial.policy})`;
  return {
    id: `denied-explicitly${denial.gate === undefined ? '' : `-${denial.gate}`}`,
    sentence: `${refused(denial)}: ${side}${named} denies it explicitly, which no Allow outweighs.`,
    side,
    remedy: `Take ${denial.holder.words} out of that Deny, by a condition on the principal or by removing it. A further Allow does not help.`,
  };
}
