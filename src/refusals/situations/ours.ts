import type { Facts, Own, Place } from '../facts.ts';
import { isPublic, isRegistry } from '../hosts.ts';
import { example, row, type Situation, type Told } from '../situation.ts';
import { saidIn } from './pulled.ts';

const { host } = example;
const answer = `${host} answered 403 (Not Authorized)`;

const isRefused = ({ status }: Facts): boolean => status === 401 || status === 403;
/** Matches our own request; undefined for a pasted text. */
const ours = (facts: Facts, is: (own: Own) => boolean): Place | undefined => (facts.own && is(facts.own) ? { groups: {} } : undefined);
const nameIn = ({ facts, host: named }: Told): string => facts.own?.host ?? named;

const partitionOf = ({ principal = '' }: Facts): string | undefined => /^arn:(?<partition>[\w-]+):/.exec(principal)?.groups?.['partition'];

function isForeign(facts: Facts): boolean {
  const partition = partitionOf(facts);
  return (
    isRefused(facts) &&
    facts.own?.login !== 'taken' &&
    partition !== undefined &&
    facts.registry !== undefined &&
    partition !== facts.registry.partition
  );
}

/** Refusals of our own requests, of which more is known than the registry's message. */
export const refusedOurs: readonly Situation[] = [
  row({
    id: 'other-partition',
    title: 'The token is of another partition',
    symptoms: [
      [
        'ecr-courier check',
        `The token is of an identity of the partition aws-cn, and ${host} is in aws: identities are known in their own partition only.`,
      ],
    ],
    when: facts =>
      isForeign(facts) ||
      facts.find(/token is of an identity of the partition (?<partition>[\w-]{3,12}), and \S{1,100} is in (?<own>[\w-]{3,12}):/),
    tell: told => ({
      sentence: `The token is of an identity of the partition ${partitionOf(told.facts) ?? told.groups['partition']}, and ${nameIn(told)} is in ${told.facts.registry?.partition ?? told.groups['own']}: identities are known in their own partition only.`,
      side: 'the source that is chosen for this registry',
      remedy:
        'Configure a source with an identity of that partition (China, GovCloud and others have accounts of their own), for this account or host.',
    }),
  }),
  row({
    id: 'nobody-refused',
    title: 'ECR Public refuses a pull without a login',
    symptoms: [
      [
        'ecr-courier check',
        'public.ecr.aws refuses a pull that came without a login: public.ecr.aws answered 403 (Forbidden). It lets everybody pull, so another one may have answered.',
      ],
    ],
    when: facts =>
      (isRefused(facts) && ours(facts, ({ login }) => login === 'none')) ||
      facts.find(/refuses a pull that came without a login: (?<said>.{1,300}?)\. It lets everybody pull/, isPublic),
    tell: told => ({
      sentence: `${nameIn(told)} refuses a pull that came without a login: ${saidIn(told)}. It lets everybody pull, so another one may have answered.`,
      side: `a proxy, a mirror or a firewall between this machine and ${nameIn(told)}; or the name of the image`,
      remedy: `Look where ${nameIn(told)} leads from this machine, and whether a proxy (HTTPS_PROXY) lets it through. A repository that was taken down reads the same: look for it at gallery.ecr.aws.`,
    }),
  }),
  row({
    id: 'token-given-refused',
    title: 'A token that others gave is refused',
    symptoms: [
      [
        'ecr-courier check',
        `${host} does not take the token that comes from the file /run/token: ${answer}. It is too old, incomplete, or not an ECR token for that region.`,
      ],
    ],
    when: facts =>
      ours(facts, ({ login }) => typeof login === 'object') ??
      facts.find(/does not take the token that comes from (?<giver>.{1,200}?): (?<said>.{1,300}?)\. It is too old, incomplete/, isRegistry),
    tell: told => {
      const { login } = told.facts.own ?? {};
      const { words, renew } =
        typeof login === 'object'
          ? login
          : {
              words: told.groups['giver'] ?? 'its giver',
              renew: 'Let whoever makes that token get a new one from ECR each time, and hand it on whole.',
            };
      return {
        sentence: `${nameIn(told)} does not take the token that comes from ${words}: ${saidIn(told)}. It is too old, incomplete, or not an ECR token for that region.`,
        side: `${words}, or whoever makes its token`,
        remedy: renew,
      };
    },
  }),
  row({
    id: 'token-fresh-refused',
    title: 'A token that is new is refused',
    symptoms: [['ecr-courier check', `${host} does not take a token that was given out a moment ago, nor a second one: ${answer}.`]],
    when: facts =>
      ours(facts, ({ login }) => login === 'fresh') ??
      facts.find(/does not take a token that was given out a moment ago, nor a second one: (?<said>.{1,300}?)\.(?!\w)/, isRegistry),
    tell: told => ({
      sentence: `${nameIn(told)} does not take a token that was given out a moment ago, nor a second one: ${saidIn(told)}.`,
      side: `the way to AWS or to ${nameIn(told)}: an address that is set, a proxy, or another registry under this name`,
      remedy:
        'Look whether the ECR address is set (`endpoint` of the source, AWS_ENDPOINT_URL_ECR, AWS_ENDPOINT_URL): it must be that of the region in the name of the registry. Look whether the name leads to AWS. In a VPC the policy of the endpoint for ecr.dkr may refuse as well.',
    }),
  }),
];

/** The fallback for our own requests that no other row explains. */
export const unknownOurs: readonly Situation[] = [
  row({
    id: 'registry-unreachable',
    title: 'The registry could not be asked',
    symptoms: [['ecr-courier check', `${host} could not be asked: ${host} gave no answer within 15 s.`]],
    when: facts => ours(facts, ({ isSilent }) => isSilent) ?? facts.find(/could not be asked: (?<said>.{1,300}?)\.(?!\w)/, isRegistry),
    tell: told => ({
      sentence: `${nameIn(told)} could not be asked: ${saidIn(told).replace(/\.$/, '')}.`,
      side: `the way from this machine to ${nameIn(told)}`,
      remedy: told.facts.own?.remedy ?? 'Look at the way there: DNS, firewall, proxy (HTTPS_PROXY, NO_PROXY), VPC endpoints.',
    }),
  }),
  row({
    id: 'answer-unknown',
    title: 'An answer that nobody knows',
    symptoms: [['ecr-courier check', `${host} answered with something that is not a manifest.`]],
    when: facts => ours(facts, () => true) ?? facts.find(/answered with something that is not a manifest/, isRegistry),
    tell: told => ({
      sentence: `${told.facts.own?.said ?? `${nameIn(told)} answered with something that is not a manifest`}.`,
      side: `${nameIn(told)}, or what stands before it`,
      remedy:
        'This answer is not known: nothing is concluded from it. Try again later. A page of HTML, or an answer that leads elsewhere, comes from a proxy or a login in between.',
    }),
  }),
];
