import type { Denial, Gate } from './denial.ts';
import type { Diagnosis, Paste } from './diagnosis.ts';
import { managedNotes } from './managed.ts';
import { arns, identitySide, isCross, needed, resourceSide, serviceOf, statementFor } from './sides.ts';
import { endpointStatement, identityStatement, rights, webIdentityTrustStatement } from './statements.ts';

/** Who pulls, where that is not the one whose token it is. In words: "the kubelet of node-1". */
export interface Puller {
  readonly puller?: string | undefined;
}

/**
 * Which statement is missing, in which of the three gates (identity policy, repository policy, registry policy), in
 * which account, for whom. A Deny, a boundary and the policies of an organization stand before the three.
 */
export function explainDenial(denial: Denial, { puller }: Puller = {}): Diagnosis {
  const told = explained(denial);
  if (puller === undefined || denial.principal === undefined) return told;
  const whose = `The token belongs to ${denial.holder.words}, so these policies count, whoever presents the token: those of ${puller} do not.`;
  return { ...told, sentence: `${told.sentence} ${whose}` };
}

function explained(denial: Denial): Diagnosis {
  if (denial.explicit) return explicitly(denial);
  if (denial.action === 'sts:AssumeRoleWithWebIdentity' && denial.gate !== 'rcp' && denial.gate !== 'endpoint')
    return ofWebIdentity(denial);
  if (ofTrust.test(denial.action) && (denial.gate === undefined || denial.gate === 'resource')) return ofRole(denial);
  return implicitly[denial.gate ?? 'unsaid'](denial);
}

/** What a trust policy must allow, besides the policies of the caller. */
const ofTrust = /^sts:(AssumeRole|TagSession|SetSourceIdentity)$/;

const capital = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;

/** "Role ci in account 1 may not do ecr:BatchGetImage on repository team/app of account 2". */
const refused = (denial: Denial): string => `${capital(denial.holder.words)} may not do ${denial.action}${onWhat(denial)}`;

function onWhat({ resource }: Denial): string {
  if (resource === undefined || resource === '*') return '';
  const arn = /^arn:[\w-]+:ecr:(?<region>[^:]*):(?<account>[^:]*):repository\/(?<name>.+)$/.exec(resource)?.groups;
  return arn ? ` on repository ${arn['name']} of account ${arn['account']} in ${arn['region']}` : ` on ${resource}`;
}

/** What a person may not know of the action. */
function aboutAction(denial: Denial): string {
  const job = needed(denial);
  if (job === rights.token || job === rights.publicToken) return ' Its resource must be *: a repository is not enough.';
  if (job === rights.import)
    return ' The image comes through a pull-through cache, which imports in the name of whoever pulls. The registry policy may allow it as well.';
  if (job === rights.create) return ' A pull-through cache creates the repository in the name of whoever pulls first.';
  return '';
}

/** Beyond the own account, both must allow it. */
const otherSide = (denial: Denial): string => (isCross(denial) ? ` ${capital(resourceSide(denial).words)} must allow it as well.` : '');
const bothPastes = (denial: Denial): readonly Paste[] =>
  isCross(denial) ? [identitySide(denial).paste, resourceSide(denial).paste] : [identitySide(denial).paste];

function howToAdd(denial: Denial): string {
  const { holder } = denial;
  const { words } = identitySide(denial);
  if (holder.kind === 'permission-set')
    return `Add the statement to ${words}, and provision it again: the role that it makes cannot be changed in IAM.`;
  if (holder.kind === 'service-role') return `Let another identity ask: the policies of a ${holder.words} cannot be changed.`;
  return `Add the statement to ${words}.`;
}

function ofIdentity(denial: Denial): Diagnosis {
  const { gate, words } = identitySide(denial);
  return {
    id: 'denied-identity',
    sentence: `${refused(denial)}: the statement is missing in ${gate}${words}.`,
    side: words,
    remedy: [howToAdd(denial), ...managedNotes([needed(denial)])].join(' ') + aboutAction(denial) + otherSide(denial),
    paste: bothPastes(denial),
  };
}

function ofResource(denial: Denial): Diagnosis {
  const { gate, words, paste } = resourceSide(denial);
  const both = isCross(denial) ? ' Two accounts are concerned, so both must allow it.' : '';
  const or = gate.includes('second') ? ' The registry policy of that account may have it instead.' : '';
  return {
    id: 'denied-resource',
    sentence: `${refused(denial)}: the statement is missing in ${gate}${words}.${both}`,
    side: words,
    remedy: `Add the statement there, as an administrator of that account.${or}${aboutAction(denial)}`,
    paste: [paste],
  };
}

function unsaid(denial: Denial): Diagnosis {
  const identity = identitySide(denial);
  const resource = resourceSide(denial);
  const why = isCross(denial)
    ? `Two accounts are concerned, so both must allow it: ${identity.words}, and ${resource.words}.`
    : `Most often the statement is missing in ${identity.gate}${identity.words}; a Deny or a boundary reads the same.`;
  return {
    id: 'denied-unsaid',
    sentence: `${refused(denial)}. ${denial.resource === undefined ? 'The text does not say why, as it may be cut off.' : 'IAM does not say why.'} ${why}`,
    side: isCross(denial) ? `${identity.words}, or ${resource.words}` : identity.words,
    remedy: `Look whether ${identity.words} has the statement.${aboutAction(denial)}${otherSide(denial)} If it is there, look for a Deny: permissions boundary, service control policies, session policy.`,
    paste: bothPastes(denial),
  };
}

function ofRole(denial: Denial): Diagnosis {
  const identity = identitySide(denial);
  const trust = resourceSide(denial);
  const isTrust = denial.gate === 'resource';
  return {
    id: 'denied-role',
    sentence: isTrust
      ? `${refused(denial)}: ${trust.words} does not let it in.`
      : `${refused(denial)}. STS does not say why: ${identity.words} or ${trust.words} does not allow it, or the external id is wrong or missing.`,
    side: isTrust ? trust.words : `${identity.words}, or ${trust.words}`,
    remedy: `Both must allow it. Where the trust policy has a condition on sts:ExternalId, the source must be configured with that externalId. Look also whether the role is there.`,
    paste: isTrust ? [trust.paste] : [identity.paste, trust.paste],
  };
}

function ofWebIdentity(denial: Denial): Diagnosis {
  const role = denial.resource ?? 'the role';
  const example = {
    provider: 'arn:aws:iam::ACCOUNT:oidc-provider/ISSUER',
    subject: 'system:serviceaccount:NAMESPACE:NAME',
    audience: 'sts.amazonaws.com',
  };
  return {
    id: 'denied-web-identity',
    sentence: `The trust policy of ${role} does not let in the web identity (service account, CI job) that asked for it.`,
    side: `the trust policy of ${role}`,
    remedy:
      'Compare its conditions on sub and aud, letter by letter, with those of the token, and its provider with the issuer. For a pod, the annotation of the service account must name this role.',
    paste: [statementFor(`the trust policy of ${role}`, webIdentityTrustStatement(example))],
  };
}

/** Those that narrow what the three gates allow: their Allow is needed besides. */
function narrowed(id: string, what: string, side: (denial: Denial) => string, remedy: string) {
  return (denial: Denial): Diagnosis => {
    const statement = (id === 'denied-endpoint' ? endpointStatement : identityStatement)(needed(denial), arns(denial));
    return {
      id,
      sentence: `${refused(denial)}: ${what} does not allow it, whatever the other policies say.`,
      side: side(denial),
      remedy,
      paste: [statementFor(side(denial), statement)],
    };
  };
}

/** Of RCPs only AWS's own allows something, so there is nothing to add (Organizations user guide, RCP syntax). */
const ofResourceControl = (denial: Denial): Diagnosis => ({
  id: 'denied-rcp',
  sentence: `${refused(denial)}: ${beside.rcp(denial)} does not let it through, whatever the other policies say.`,
  side: beside.rcp(denial),
  remedy:
    'Ask the administrators of the organization to which the repository belongs for an exception in their Deny. No statement that allows can be added there.',
});

const above = (account: string | undefined): string =>
  `the organization above ${account === undefined ? 'the account' : `account ${account}`}`;

/** Whose it is, for each policy that stands beside the three gates. */
const beside = {
  boundary: ({ holder }: Denial) => `the permissions boundary of ${holder.words}`,
  scp: ({ account }: Denial) => `a service control policy (SCP) of ${above(account)}`,
  rcp: ({ resourceAccount, account }: Denial) => `a resource control policy (RCP) of ${above(resourceAccount ?? account)}`,
  session: ({ holder }: Denial) => `the session policy of ${holder.words}`,
  endpoint: () => 'the policy of the VPC endpoint on the way',
} as const;

const implicitly: Readonly<Record<Gate | 'unsaid', (denial: Denial) => Diagnosis>> = {
  identity: ofIdentity,
  resource: ofResource,
  boundary: narrowed(
    'denied-boundary',
    'the permissions boundary',
    beside.boundary,
    'Add the statement to the permissions boundary. It gives no right by itself: an identity policy must have it, too.',
  ),
  scp: narrowed(
    'denied-scp',
    'a service control policy (SCP)',
    beside.scp,
    'Ask the administrators of the organization: each level from its root down to the account must allow it.',
  ),
  rcp: ofResourceControl,
  session: narrowed(
    'denied-session',
    'the session policy',
    beside.session,
    'Look where the session is made: AssumeRole or GetFederationToken was given a policy that is narrower than the role.',
  ),
  endpoint: narrowed(
    'denied-endpoint',
    'the policy of the VPC endpoint',
    beside.endpoint,
    'Add the statement to the policies of the endpoints ecr.api and ecr.dkr of the VPC.',
  ),
  unsaid,
};

function denier(denial: Denial): string {
  const { gate } = denial;
  if (gate === undefined)
    return 'a policy that IAM does not name (identity, repository or registry policy, permissions boundary, SCP, RCP, session, VPC endpoint)';
  if (gate === 'identity') return identitySide(denial).words;
  if (gate !== 'resource') return beside[gate](denial);
  return serviceOf(denial) === 'ecr' ? `${resourceSide(denial).words}, or the registry policy there,` : resourceSide(denial).words;
}

function explicitly(denial: Denial): Diagnosis {
  const named = denial.policy === undefined ? '' : ` (${denial.policy})`;
  return {
    id: `denied-explicitly${denial.gate === undefined ? '' : `-${denial.gate}`}`,
    sentence: `${refused(denial)}: ${denier(denial)}${named} denies it explicitly, which no Allow outweighs.`,
    side: denier(denial).replace(/,$/, ''),
    remedy: `Take ${denial.holder.words} out of that Deny, by a condition or by removing it. Another Allow does not help.`,
  };
}
