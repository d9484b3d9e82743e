import type { CacheRule } from '../../contract/cache-rule.ts';
import { cacheWords, lacksLogin } from '../cache.ts';
import type { Diagnosis, Paste } from '../diagnosis.ts';
import { holderOf } from '../principal.ts';
import type { Told } from '../situation.ts';
import { rights } from '../statements.ts';
import {
  accountOf,
  cacheStatements,
  imagesCommand,
  regionOf,
  registryOption,
  repositoriesCommand,
  repositoryOf,
  whereOf,
} from './pulled.ts';

type Meaning = Omit<Diagnosis, 'id'>;

const nameOf = (told: Told): string => repositoryOf(told) ?? 'that was named';
const tagOf = ({ facts: { reference } }: Told): string => reference ?? 'of that tag';
const puller = ({ facts: { principal, whose = 'whoever pulls' } }: Told): string =>
  principal === undefined ? whose : holderOf(principal).words;

const about = (told: Told, rule: CacheRule, verb: 'validate' | 'update', more = ''): string =>
  `aws ecr ${verb}-pull-through-cache-rule --region ${regionOf(told)}${registryOption(told)} --ecr-repository-prefix ${rule.prefix}${more}`;

/** The command by which ECR itself checks the login of the rule. */
const validation = (told: Told, rule: CacheRule): Paste => ({
  what: 'Whether the rule reaches its upstream',
  kind: 'command',
  text: about(told, rule, 'validate'),
});

/** Explains a rule without a login for an upstream that requires one: no rights can help. */
const withoutLogin = (told: Told, rule: CacheRule): Meaning => ({
  sentence: `${nameOf(told)} is below ${cacheWords(rule)}, which gives nothing without a login, and the rule has none: so ECR fetches nothing.`,
  side: `the cache rule ${rule.prefix} in ${accountOf(told)}`,
  remedy:
    'Give the rule a secret of Secrets Manager, in the same account and region, whose name begins with ecr-pullthroughcache/ and that holds username and accessToken.',
  paste: [{ what: 'Add the secret to the rule', kind: 'command', text: about(told, rule, 'update', ' --credential-arn SECRET_ARN') }],
});

const upstream = ({ upstream: name, secret }: CacheRule): string =>
  secret === undefined ? name : `${name} (asked with the login of the rule)`;

/** Explains a missing repository, where the cache rules of its registry are known. */
export function repositoryMissing(told: Told, cache: CacheRule | 'none'): Meaning {
  if (cache === 'none')
    return {
      sentence: `There is no repository ${nameOf(told)} in ${whereOf(told)}, and no rule of a pull-through cache covers that name: it is wrong (account and region are part of it), or nobody has created it. Rights are not the matter.`,
      side: `the name of the image, or ${accountOf(told)}`,
      remedy: 'Compare the name, the account and the region with the repositories that are there, and create it.',
      paste: [repositoriesCommand(told)],
    };
  if (lacksLogin(cache)) return withoutLogin(told, cache);
  return {
    sentence: `${nameOf(told)} is below ${cacheWords(cache)}, and its repository was not made in ${whereOf(told)}: ${puller(told)} may not create it, which ECR reports as "not found", or ${upstream(cache)} does not have the image, which looks the same.`,
    side: `the identity policy of ${puller(told)}, or the registry policy in ${accountOf(told)}; or the name where it is written`,
    remedy:
      'Look whether the image exists upstream, under the whole name behind the prefix (docker-hub/library/nginx). If it does, add both statements: the image is imported in the name of whoever pulls as well. Where a creation template of the prefix sets tags, ecr:TagResource is needed, too.',
    paste: [validation(told, cache), ...cacheStatements(told, [rights.create, rights.import])],
  };
}

/** Explains an image that a list names and that does not exist. */
export function partMissing(told: Told, list: string): Meaning {
  const isPrivate = told.facts.registry?.service === 'ecr';
  const mayBeCache = isPrivate && told.facts.cache !== 'none';
  return {
    sentence: `The list ${list} is there in the repository ${nameOf(told)}, and an image that it names (${tagOf(told)}) is not: it was removed, or not pushed with the list.${mayBeCache ? ' Under the prefix of a pull-through cache it may be a refusal of IAM instead: whoever pulls may not import from upstream.' : ''}`,
    side: 'whoever pushes the list, or a script that removes images without a tag: those of a list have none',
    remedy: 'Push the list again, with all its images.',
    paste: isPrivate
      ? [
          {
            what: 'Whether the image is there',
            kind: 'command',
            text: `aws ecr describe-images --region ${regionOf(told)}${registryOption(told)} --repository-name ${repositoryOf(told) ?? 'NAME'} --image-ids imageDigest=${told.facts.reference ?? 'DIGEST'}`,
          },
        ]
      : [],
  };
}

/** Explains a missing image, where the cache rules of its registry are known. */
export function imageMissing(told: Told, cache: CacheRule | 'none'): Meaning {
  const images = { what: 'The images of the repository', kind: 'command', text: imagesCommand(told) } as const;
  if (cache === 'none')
    return {
      sentence: `The repository ${nameOf(told)} is there, and has no image ${tagOf(told)}. No rule of a pull-through cache covers that name, so rights are not the matter.`,
      side: 'the tag where it is written, or whoever pushes (a lifecycle rule may have removed it)',
      remedy: 'Look at the tags of the repository.',
      paste: [images],
    };
  if (lacksLogin(cache)) return withoutLogin(told, cache);
  return {
    sentence: `${nameOf(told)} is below ${cacheWords(cache)}, and the image ${tagOf(told)} was not fetched from there: ${puller(told)} may not import it, which ECR reports as "not found", or ${upstream(cache)} does not have it.`,
    side: `the identity policy of ${puller(told)}, or the registry policy in ${accountOf(told)}; or the tag where it is written`,
    remedy:
      'Add the statement. Where it is there, look whether the image exists upstream, under the whole name behind the prefix (docker-hub/library/nginx). A cache fetches by tag: the first pull must not be by digest alone.',
    paste: [validation(told, cache), ...cacheStatements(told, [rights.import])],
  };
}
