import type { Denial, Gate } from './denial.ts';
import type { Diagnosis } from './diagnosis.ts';
import { arns, needed, refused, statementFor } from './sides.ts';
import { endpointStatement, identityStatement } from './statements.ts';

const above = (account: string | undefined): string =>
  `the organization above ${account === undefined ? 'the account' : `account ${account}`}`;

/** Describes each policy that applies in addition to the three gates, with its owner. */
export const beside = {
  boundary: ({ holder }: Denial) => `the permissions boundary of ${holder.words}`,
  scp: ({ account }: Denial) => `a service control policy (SCP) of ${above(account)}`,
  rcp: ({ resourceAccount, account }: Denial) => `a resource control policy (RCP) of ${above(resourceAccount ?? account)}`,
  session: ({ holder }: Denial) => `the session policy of ${holder.words}`,
  endpoint: () => 'the policy of the VPC endpoint on the way',
} as const;

/** Explains a missing Allow in a policy that limits what the three gates allow: the action needs an Allow in both. */
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

/**
 * Among RCPs only AWS's own contains an Allow, so there is no statement to add (Organizations user guide, RCP syntax).
 */
const ofResourceControl = (denial: Denial): Diagnosis => ({
  id: 'denied-rcp',
  sentence: `${refused(denial)}: ${beside.rcp(denial)} does not let it through, whatever the other policies say.`,
  side: beside.rcp(denial),
  remedy:
    'Ask the administrators of the organization to which the repository belongs for an exception in their Deny. No statement that allows can be added there.',
});

/** The diagnosis for a missing Allow, by the policy that lacks it. */
export const narrowing: Readonly<Record<Exclude<Gate, 'identity' | 'resource'>, (denial: Denial) => Diagnosis>> = {
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
};
