import type { Paste } from '../diagnosis.ts';
import type { Facts } from '../facts.ts';
import { explainDenial } from '../gates.ts';
import { isRegistry } from '../hosts.ts';
import { holderInWords, holderOf } from '../principal.ts';
import { example, row, type Situation, type Told } from '../situation.ts';
import { accountOf, saidIn } from './pulled.ts';

const { host } = example;

/** The statements for the denied right, which is known for our own requests. */
function rightStatements({ facts: { action = 'none', registry: at, repository, principal, whose } }: Told): readonly Paste[] {
  if (action === 'none' || at?.account === undefined || repository === undefined) return [];
  const resource = `arn:${at.partition}:ecr:${at.region}:${at.account}:repository/${repository}`;
  const holder = principal === undefined && whose !== undefined ? holderInWords(whose) : holderOf(principal);
  const { account } = holder;
  const asked = { action, resource, resourceAccount: at.account, holder, explicit: false };
  return explainDenial({ ...asked, ...(principal !== undefined && { principal }), ...(account !== undefined && { account }) }).paste ?? [];
}

/** Messages that give no reason. Others do, and not only IAM's. */
const reasonless =
  /^(forbidden|not authorized|unauthorized|access denied|denied|authentication required|requested access to the resource is denied)?\W*$/i;
const isWordless = ({ own, find }: Facts): boolean => reasonless.test(own?.words ?? '') && !find(/User: arn:|not authorized to perform/);

const fetcher = ({ facts: { whose, principal } }: Told): string =>
  whose ?? (principal === undefined ? 'whoever fetched the token' : holderOf(principal).words);
const needs = ({ facts: { action = 'none' }, groups }: Told): string => groups['right'] ?? (action === 'none' ? 'the pull' : action);

/**
 * Refusals by a registry that has just accepted the token: neither its age nor its region is the problem. Other rows
 * explain IAM's own sentence.
 */
export const taken: readonly Situation[] = [
  row({
    id: 'login-lost',
    title: 'The login is accepted at first, and then missing',
    symptoms: [
      [
        'ecr-courier check',
        `${host} took the token at GET /v2/, and then asks for a login: ${host} answered 401. The token is good, so it got lost on the way.`,
      ],
    ],
    when: facts =>
      (facts.own?.login === 'taken' &&
        (facts.status === 401 || (facts.status === 403 && facts.find(/token has expired|basic auth credentials/)))) ||
      facts.find(/took the token at GET \/v2\/, and then asks for a login: (?<said>.{1,300}?)\. The token is good/, isRegistry),
    tell: told => ({
      sentence: `${told.host} took the token at GET /v2/, and then asks for a login: ${saidIn(told)}. The token is good, so it got lost on the way.`,
      side: `a proxy or a mirror between this machine and ${told.host}, which hands on the login of one request and not of another`,
      remedy: `Look at what stands on the way (HTTPS_PROXY, \`endpoint\`, the address to which the name leads): it must hand on the header Authorization, and answer nothing itself.`,
    }),
  }),
  row({
    id: 'right-refused',
    title: 'The token is good, and the pull is refused without a reason',
    symptoms: [
      [
        'ecr-courier check',
        `${host} took the token at GET /v2/, and refuses ecr:BatchGetImage without IAM's reason: ${host} answered 403. A statement is missing in one of the three gates, or the policy of a VPC endpoint does not let it through.`,
      ],
    ],
    when: facts =>
      (facts.own?.login === 'taken' && facts.status === 403 && isWordless(facts)) ||
      facts.find(
        /took the token at GET \/v2\/, and refuses (?<right>ecr:\w{1,60}|the pull) without IAM's reason: (?<said>.{1,300}?)\. A statement/,
        isRegistry,
      ),
    tell: told => ({
      sentence: `${told.host} took the token at GET /v2/, and refuses ${needs(told)} without IAM's reason: ${saidIn(told)}. A statement is missing in one of the three gates, or the policy of a VPC endpoint does not let it through.`,
      side: `the policies: identity policy of ${fetcher(told)}, repository policy and registry policy in ${accountOf(told)}; or that of the VPC endpoint for ecr.dkr`,
      remedy:
        'Compare the policies with those of `ecr-courier policy`, and look for a Deny. In a VPC look at the policy of the endpoint for ecr.dkr as well: `ecr-courier policy pull IMAGE --part endpoint` prints what it must let through.',
      paste: rightStatements(told),
    }),
  }),
];
