import type { Registry } from '../../contract/registry.ts';
import { Secret } from '../../contract/secret.ts';
import type { Prove, Source } from '../../contract/source.ts';
import type { Dispatcher } from '../../io/connect.ts';
import { awsDispatcher, openHttp } from '../../io/http.ts';
import { proxiesOf } from '../../io/proxies.ts';
import { type Ask, type Location, makeProve } from './prove.ts';
import type { PullDeps } from './pull.ts';

export interface DoorDeps {
  readonly env: NodeJS.ProcessEnv;
  /** The connections for all sources whose profiles name no certificate authorities of their own. */
  readonly dispatcher: Dispatcher;
  /** The source of this name. undefined: it no longer exists. */
  sourceOf(name: string): Source | undefined;
  /** Where a registry is reached, by default https://HOST. */
  readonly endpoint: ((registry: Registry) => string) | undefined;
}

/** The largest manifest that is read, in bytes. That of an image with a hundred layers has 20 kB. */
const largest = 1024 * 1024;

/**
 * Sends requests to registries and to the targets of their redirects, through the proxies for AWS and with its trust.
 */
export function askRegistries(deps: DoorDeps): Ask {
  const { env, endpoint } = deps;
  const wayTo = waysOf(deps);
  return async (url, headers, signal, source) => {
    const { origin, pathname, search } = new URL(url);
    const http = openHttp({
      url: origin,
      headers: { ...headers },
      env,
      dispatcher: wayTo(source),
      names: { caFile: 'AWS_CA_BUNDLE' },
      allowHttp: endpoint !== undefined,
      maxBytes: largest,
    });
    const { status, text, headers: answered } = await http('GET', `${pathname}${search}`, { signal });
    const location = answered.get('location');
    return {
      status,
      text,
      challenge: answered.get('www-authenticate'),
      location: location === undefined ? undefined : locationOf(location, url),
      proxy: proxiesOf(env).wayTo(new URL(origin)).proxy,
    };
  };
}

/** The target of a redirect. Only the signature in its address is secret: regions and dates occur in other texts. */
function locationOf(location: string, asked: string): Location | undefined {
  const url = URL.parse(location, asked);
  const secrets = [...(url?.searchParams ?? [])].flatMap(([name, value]) =>
    /signature|token|policy/i.test(name) ? new Secret(value) : [],
  );
  return url ? { address: url.href, secrets } : undefined;
}

/** Proves credentials at the registries themselves. */
export const proveAtRegistries = (deps: DoorDeps): Prove => makeProve(askRegistries(deps), deps.endpoint);

/** The cache rules of registries, as far as each source may see them. */
export const rulesOfSources =
  (sourceOf: DoorDeps['sourceOf']): PullDeps['rulesOf'] =>
  async (source, registry, signal) => {
    try {
      return await sourceOf(source)?.cacheRules?.(registry, signal);
    } catch {
      // Most identities that pull may not read the rules. Then the rules are unknown.
      return undefined;
    }
  };

/** The connections for a source: the shared ones, or those that trust the authorities of its profile. */
function waysOf({ env, dispatcher: shared, sourceOf }: DoorDeps) {
  const own = new Map<string, Dispatcher>();
  return (source: string): Dispatcher => {
    const trusted = sourceOf(source)?.trusts?.();
    if (!trusted) return shared;
    const { file, name } = trusted;
    const dispatcher = own.get(file) ?? awsDispatcher({ env, tls: { caFile: file }, names: { caFile: name } });
    own.set(file, dispatcher);
    return dispatcher;
  };
}
