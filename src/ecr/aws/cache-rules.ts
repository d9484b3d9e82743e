import type { CacheRule } from '../../contract/cache-rule.ts';
import type { Registry } from '../../contract/registry.ts';
import { mapOf } from '../../contract/shapes.ts';
import type { AwsDeps, Identity } from './aws.ts';
import { callAws } from './call.ts';
import { withKeys } from './held.ts';
import type { Way } from './way.ts';

/**
 * The most pages that are read. A registry has at most 50 rules (ECR quotas) and a page up to 1,000, so a server that
 * sends more pages is not ECR.
 */
const mostPages = 5;

const silent = {
  entered: () => undefined,
  settled: () => undefined,
  askedAs: () => Promise.resolve(undefined),
};

type Json = Readonly<Record<string, unknown>>;

/**
 * The pull-through cache rules of a registry that this identity may see. Throws what `withKeys` and `callAws` throw:
 * most identities that pull may not read the rules.
 */
export async function askCacheRules(
  identity: Identity,
  registry: Registry,
  deps: AwsDeps,
  signal: AbortSignal,
): Promise<readonly CacheRule[]> {
  return await withKeys(identity, registry, silent, deps, signal, async ({ keys }, way) => {
    way.enter(`asking ECR in ${registry.region} for its cache rules`);
    const rules: CacheRule[] = [];
    let nextToken: unknown;
    for (let pages = 0; pages < mostPages; pages++) {
      const page = await askPage(
        { registryId: registry.account, ...(typeof nextToken === 'string' && { nextToken }) },
        registry,
        keys,
        way,
      );
      rules.push(...listOf(page['pullThroughCacheRules']).flatMap(ruleIn));
      nextToken = page['nextToken'];
      if (!nextToken) return rules;
    }
    throw new Error('too many pages of cache rules');
  });
}

async function askPage(input: Json, { region }: Registry, keys: Parameters<typeof callAws>[0]['keys'], way: Way): Promise<Json> {
  const headers = {
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': 'AmazonEC2ContainerRegistry_V20150921.DescribePullThroughCacheRules',
  };
  const url = way.settings.address('ECR', region);
  const right = 'ecr:DescribePullThroughCacheRules';
  const { text } = await callAws({ service: 'ecr', right, region, url, headers, body: JSON.stringify(input), keys }, way);
  return mapOf(JSON.parse(text));
}

const listOf = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.map(mapOf) : []);

function ruleIn(rule: Json): readonly CacheRule[] {
  const text = (name: string): string | undefined => (typeof rule[name] === 'string' && rule[name] !== '' ? rule[name] : undefined);
  const [prefix, upstream, kind] = ['ecrRepositoryPrefix', 'upstreamRegistryUrl', 'upstreamRegistry'].map(text);
  const [secret, role] = ['credentialArn', 'customRoleArn'].map(text);
  if (prefix === undefined || upstream === undefined) return [];
  return [{ prefix, upstream, ...(kind && { kind }), ...(secret && { secret }), ...(role && { role }) }];
}
