import type { Registry } from '../contract/registry.ts';
import type { Prove, Source } from '../contract/source.ts';
import type { Dispatcher } from '../io/connect.ts';
import { awsDispatcher, openHttp } from '../io/http.ts';
import { proxiesOf } from '../io/proxies.ts';
import { type Ask, makeProve } from './prove.ts';

export interface DoorDeps {
  readonly env: NodeJS.ProcessEnv;
  /** The connections for proofs of all sources whose profiles name no authorities of their own. */
  readonly dispatcher: Dispatcher;
  /** The source of this name; undefined when there is none any more. */
  sourceOf(name: string): Source | undefined;
  /** Where a registry is asked; https://HOST unless said. */
  readonly endpoint: ((registry: Registry) => string) | undefined;
}

/** Proves credentials at the registries themselves. These are asked through the proxies of AWS and with its trust. */
export function proveAtRegistries(deps: DoorDeps): Prove {
  const { env, endpoint } = deps;
  const wayTo = waysOf(deps);
  const ask: Ask = async (url, headers, signal, source) => {
    const { origin, pathname, search } = new URL(url);
    const http = openHttp({
      url: origin,
      headers: { ...headers },
      env,
      dispatcher: wayTo(source),
      names: { caFile: 'AWS_CA_BUNDLE' },
      allowHttp: endpoint !== undefined,
      maxBytes: 64 * 1024,
    });
    const { status, text, headers: answered } = await http('GET', `${pathname}${search}`, { signal });
    const challenge = answered.get('www-authenticate');
    return { status, text, challenge, proxy: proxiesOf(env).wayTo(new URL(origin)).proxy };
  };
  return makeProve(ask, endpoint);
}

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
