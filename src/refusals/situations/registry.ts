import type { Diagnosis } from '../diagnosis.ts';
import type { Facts } from '../facts.ts';
import { isEcr, isPrivate, type Situation } from '../situation.ts';

const at = ({ registry }: Facts): string => registry?.host ?? 'the registry';
const accountOf = ({ registry }: Facts): string =>
  registry?.account === undefined ? 'the account of the registry' : `account ${registry.account}`;
const whose = ({ principal }: Facts): string => principal ?? 'the identity that fetched the token';

const expired = (facts: Facts): Diagnosis => ({
  id: 'token-expired',
  sentence: `The password that was sent to ${at(facts)} is a token of ECR whose twelve hours are over.`,
  side: 'whoever keeps the password for the client: what should renew it did not',
  remedy:
    'Log in again. So that it does not come back, let ecr-courier or its credential helper keep the login fresh: `ecr-courier status` shows what it holds.',
});

const withoutWords = (facts: Facts): Diagnosis => ({
  id: 'refused-without-words',
  sentence: `${at(facts)} refuses with 403 and without a reason: the answer had no body. IAM's reason is in the answer to a GET only.`,
  side: `either the policies of ${whose(facts)}, or those of the repository in ${accountOf(facts)}, or the token is of another region or too old`,
  remedy: 'Ask again with GET: `ecr-courier check IMAGE` does, and tells the reason.',
});

export const registry: readonly Situation[] = [
  {
    id: 'token-expired',
    title: 'The token is too old',
    symptoms: [],
    explain: facts => (facts.find(/authorization token has expired/) ? expired(facts) : undefined),
  },
  {
    id: 'refused-without-words',
    title: 'A refusal without a reason',
    symptoms: [],
    explain: facts => (facts.status === 403 || facts.find(/\b403 Forbidden\b/, isPrivate) ? withoutWords(facts) : undefined),
  },
  {
    id: 'not-logged-in',
    title: 'No password, or a wrong one',
    symptoms: [],
    explain: facts =>
      facts.status === 401 || facts.find(/no basic auth credentials/, isEcr)
        ? {
            id: 'not-logged-in',
            sentence: `${at(facts)} was asked without a password, or with one that it does not know.`,
            side: 'the client that asked: its file of logins, its credential helper or the entry in the manager',
            remedy:
              'Look whether the client has a login for this very host name. ECR takes the user name AWS, and tokens of the same region and partition only.',
          }
        : undefined,
  },
];
