import { explainDenial } from '../gates.ts';
import type { Situation, Symptom } from '../situation.ts';

/** The rows of IAM's own sentence: `explainDenial` tells which of them it is. */
const row = (id: string, title: string, symptoms: readonly Symptom[]): Situation => ({
  id,
  title,
  symptoms,
  explain: ({ denial, puller }) => {
    const told = denial && explainDenial(denial, puller === undefined ? {} : { puller });
    return told?.id === id ? told : undefined;
  },
});

const role = 'arn:aws:sts::123456789012:assumed-role/ci/session';
const repository = 'arn:aws:ecr:eu-west-1:123456789012:repository/team/app';

export const iam: readonly Situation[] = [
  row('denied-identity', 'The identity policy does not allow it', [
    {
      product: 'Docker',
      text: `Error response from daemon: pull access denied for 123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app, repository does not exist or may require 'docker login': denied: User: ${role} is not authorized to perform: ecr:BatchGetImage on resource: ${repository} because no identity-based policy allows the ecr:BatchGetImage action`,
    },
  ]),
  row('denied-resource', 'The repository policy or registry policy does not allow it', []),
  row('denied-boundary', 'The permissions boundary does not allow it', []),
  row('denied-scp', 'A service control policy does not allow it', []),
  row('denied-rcp', 'A resource control policy does not allow it', []),
  row('denied-session', 'The session policy does not allow it', []),
  row('denied-endpoint', 'The policy of the VPC endpoint does not allow it', []),
  row('denied-explicitly-identity', 'An identity policy denies it', []),
  row('denied-explicitly-resource', 'A repository policy or registry policy denies it', []),
  row('denied-explicitly-boundary', 'A permissions boundary denies it', []),
  row('denied-explicitly-scp', 'A service control policy denies it', []),
  row('denied-explicitly-rcp', 'A resource control policy denies it', []),
  row('denied-explicitly-session', 'A session policy denies it', []),
  row('denied-explicitly-endpoint', 'The policy of a VPC endpoint denies it', []),
  row('denied-explicitly', 'A policy that IAM does not name denies it', []),
  row('denied-unsaid', 'IAM refuses and does not say why', []),
];
