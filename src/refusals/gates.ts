import { capital } from '../contract/text.ts';
import { beside, narrowing } from './beside.ts';
import type { Denial, Gate } from './denial.ts';
import type { Diagnosis, Paste } from './diagnosis.ts';
import { managedNotes } from './managed.ts';
import {
  aboutExternalId,
  aboutPath,
  added,
  identitySide,
  isCross,
  needed,
  refused,
  resourceSide,
  serviceOf,
  statementFor,
} from './sides.ts';
import { rights, webIdentityTrustStatement } from './statements.ts';
import { isStranger, ofStranger } from './strangers.ts';

/** The program that pulls, where it does not own the token. In words: "the kubelet of node-1". */
interface Puller {
  readonly puller?: string | undefined;
}

/**
 * Says which statement is missing for whom, in which of the three gates (identity policy, repository policy, registry
 * policy) and in which account. A Deny, a permissions boundary and the policies of an organization take precedence over
 * the three.
 */
export function explainDenial(denial: Denial, { puller }: Puller = {}): Diagnosis {
  const told = withGaps(denial, explained(denial));
  if (puller === undefined || denial.principal === undefined) return told;
  const whose = `The token belongs to ${denial.holder.words}, so these policies count, whoever presents the token: those of ${puller} do not.`;
  return { ...told, sentence: `${told.sentence} ${whose}` };
}

/** Tells the reader which parts of a statement to fill in, or to compare with the original. */
function withGaps({ cut, hidden, isLast }: Denial, told: Diagnosis): Diagnosis {
  if (told.paste === undefined) return told;
  const gaps = [
    ...(cut?.resource === undefined ? [] : ['The text is cut off in the name of what was asked for']),
    ...(cut?.principal === undefined ? [] : ['The text is cut off in the name of who asked']),
    ...(hidden ? ['The text hides a part of these names'] : []),
  ].map(gap => `${gap}: fill in what stands in capital letters.`);
  const doubt = isLast ? ['A line ends with that name: look whether it is whole.'] : [];
  return { ...told, remedy: [told.remedy, ...gaps, ...doubt].join(' ') };
}

function explained(denial: Denial): Diagnosis {
  if (denial.explicit) return explicitly(denial);
  if (isStranger(denial)) return ofStranger(denial);
  if (denial.action === 'sts:AssumeRoleWithWebIdentity' && denial.gate !== 'rcp' && denial.gate !== 'endpoint')
    return ofWebIdentity(denial);
  if (ofTrust.test(denial.action) && (denial.gate === undefined || denial.gate === 'resource')) return ofRole(denial);
  return implicitly[denial.gate ?? 'unsaid'](denial);
}

/** The actions that both a trust policy and the policies of the caller must allow. */
const ofTrust = /^sts:(AssumeRole|TagSession|SetSourceIdentity)$/;

/** A hint about the action that a reader may not know. */
function aboutAction(denial: Denial): string {
  const job = needed(denial);
  if (job === rights.token || job === rights.publicToken) return ' Its resource must be *: a repository is not enough.';
  if (job === rights.import)
    return ` The image comes through a pull-through cache, which imports in the name of whoever pulls.${isCross(denial) ? '' : ' The registry policy may allow it as well.'}`;
  if (job === rights.create && denial.byRegistry) return ' A pull-through cache creates the repository in the name of whoever pulls first.';
  return '';
}

/** Across accounts, the policy of the resource must allow the action too. */
const otherSide = (denial: Denial): string =>
  isCross(denial) ? ` ${capital(resourceSide(denial).words)} must allow it as well.${aboutExternalId(denial)}${aboutPath(denial)}` : '';
const bothPastes = (denial: Denial): readonly Paste[] => [
  ...(hasPolicy(denial) ? [identitySide(denial).paste] : []),
  ...(isCross(denial) ? [resourceSide(denial).paste] : []),
];
/** Whether the caller has a policy that can be edited. */
const hasPolicy = ({ holder: { kind } }: Denial): boolean => kind !== 'service-role' && kind !== 'root';

function howToAdd(denial: Denial): string {
  const { holder } = denial;
  const { words } = identitySide(denial);
  if (holder.kind === 'permission-set')
    return `Add the statement to ${words}, and provision it again: the role that it makes cannot be changed in IAM.`;
  if (holder.kind === 'service-role') return `Let another identity ask: the policies of ${holder.words} cannot be changed.`;
  if (holder.kind === 'federated')
    return `Add the statement to ${words}. The policy that was handed to GetFederationToken must allow it as well.`;
  return `Add the statement to ${words}.`;
}

function ofIdentity(denial: Denial): Diagnosis {
  const { gate, words } = identitySide(denial);
  if (denial.holder.kind === 'root') return ofRoot('denied-identity', denial);
  const notes = denial.holder.kind === 'service-role' ? [] : managedNotes([needed(denial)]);
  return {
    id: 'denied-identity',
    sentence: `${refused(denial)}: the statement is missing in ${gate}${words}.`,
    side: words,
    remedy: [howToAdd(denial), ...notes].join(' ') + aboutAction(denial) + otherSide(denial),
    paste: bothPastes(denial),
  };
}

/**
 * Explains a refusal of a root user. It has every right in its own account, so the policy of another account or of the
 * organization decides.
 */
function ofRoot(id: string, denial: Denial): Diagnosis {
  const scp = beside.scp(denial);
  const or = isCross(denial) ? `${resourceSide(denial).words}, or ${scp}` : scp;
  return {
    id,
    sentence: `${refused(denial)}. A root user has no identity policy and needs none in its account: ${or} does not allow it.`,
    side: or,
    remedy: 'Ask with a role or a user instead: nobody needs the root user for ECR. Otherwise look at those policies.',
    paste: bothPastes(denial),
  };
}

function ofResource(denial: Denial): Diagnosis {
  const { gate, words, paste } = resourceSide(denial);
  const both = isCross(denial) ? ' Two accounts are concerned, so both must allow it.' : '';
  const instead = gate.includes('second') ? 'The registry policy of that account' : 'Where the repository is there already, its policy';
  const or = serviceOf(denial) === 'ecr' && needed(denial).by !== 'registry' ? ` ${instead} may have it instead.` : '';
  return {
    id: 'denied-resource',
    sentence: `${refused(denial)}: the statement is missing in ${gate}${words}.${both}`,
    side: words,
    remedy: `${added(paste)} there, as an administrator of that account.${or}${aboutAction(denial)}${aboutPath(denial)}`,
    paste: [paste],
  };
}

const reasonOf = ({ resource, cut }: Denial): string => {
  if (cut?.resource !== undefined) return 'The text does not say why, as it is cut off.';
  return resource === undefined ? 'The text does not say why, as it may be cut off.' : 'IAM does not say why.';
};

function unsaid(denial: Denial): Diagnosis {
  if (denial.holder.kind === 'root') return ofRoot('denied-unsaid', denial);
  const identity = identitySide(denial);
  const resource = resourceSide(denial);
  const why = isCross(denial)
    ? `Two accounts are concerned, so both must allow it: ${identity.words}, and ${resource.words}.`
    : `Most often the statement is missing in ${identity.gate}${identity.words}; a Deny or a boundary reads the same.`;
  return {
    id: 'denied-unsaid',
    sentence: `${refused(denial)}. ${reasonOf(denial)} ${why}`,
    side: isCross(denial) ? `${identity.words}, or ${resource.words}` : identity.words,
    remedy: `${hasPolicy(denial) ? `Look whether ${identity.words} has the statement.` : howToAdd(denial)}${aboutAction(denial)}${otherSide(denial)} If it is there, look for a Deny: permissions boundary, service control policies, session policy.`,
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
    remedy: `Both must allow it.${aboutExternalId(denial)} Look also whether the role is there.`,
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

const implicitly: Readonly<Record<Gate | 'unsaid', (denial: Denial) => Diagnosis>> = {
  identity: ofIdentity,
  resource: ofResource,
  ...narrowing,
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
