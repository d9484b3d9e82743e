import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { adapters } from '../../adapters/index.ts';
import { makeApi } from '../../adapters/kubernetes/api.ts';
import { entranceOf } from '../../adapters/kubernetes/entrance.ts';
import { keepPapers } from '../../adapters/kubernetes/papers.ts';
import { inCluster } from '../../adapters/kubernetes/token.ts';
import { withoutOurs } from '../../config/env.ts';
import type { Config } from '../../config/load.ts';
import { readYaml } from '../../config/plain.ts';
import type { Log } from '../contract/adapter.ts';
import { clock } from '../contract/clock.ts';
import { Failure } from '../contract/failures.ts';
import { parseShard } from '../contract/shard.ts';
import { lendFiles } from '../io/lent-files.ts';
import { lendHttp, makeOpened } from '../io/lent-http.ts';
import { runFor } from '../io/lent-program.ts';
import { createElection, type Election } from '../lease/election.ts';
import { leaseIn } from '../lease/store.ts';
import type { Io } from './io.ts';

/** The suffix of the Lease name. Each share has its own Lease: `-0-of-3`. */
function shareOf({ shard }: Config['engine']): string {
  const { at, of } = (shard === undefined ? undefined : parseShard(shard)) ?? { at: 0, of: 1 };
  return of === 1 ? '' : `-${at}-of-${of}`;
}

/** Opens the election for the Lease of the configuration; undefined if it names none. */
export async function openLease(
  { lease: { name, namespace, kubeconfig, context }, engine }: Pick<Config, 'lease' | 'engine'>,
  { env, signal }: Pick<Io, 'env' | 'signal'>,
  log: Log,
): Promise<(Election & AsyncDisposable) | undefined> {
  if (name === undefined) return undefined;
  const opened = makeOpened();
  const files = lendFiles({ writes: 'allowed' });
  const http: Parameters<typeof makeApi>[1]['http'] = base => {
    const client = lendHttp(base, { env, connections: 1 });
    opened.add(client);
    return client;
  };
  const run: Parameters<typeof entranceOf>[1]['run'] = program => runFor(program, withoutOurs(env, adapters));
  const means = { files, yaml: readYaml, run, clock, http, log };
  const { address, read, first } = entranceOf({ url: undefined, tokenFile: undefined, kubeconfig, context }, means);
  const api = makeApi(keepPapers(read, means), means, address, first);
  const own = namespace ?? (await files.read(inCluster.namespace, { signal }))?.trim();
  if (!own)
    throw new Failure(
      'MISCONFIGURED',
      `The Lease ${name} has no namespace: \`lease.namespace\` is not set, and ${inCluster.namespace} is not there.`,
      {
        remedy:
          'Outside of a cluster set `lease.namespace` and `lease.kubeconfig`. In a pod let it mount its token (automountServiceAccountToken).',
      },
    );
  const me = `${hostname()}_${randomBytes(4).toString('hex')}`;
  const election = createElection({ store: leaseIn(api, { namespace: own, name: `${name}${shareOf(engine)}` }), me, clock, log });
  // Not a copy, because the getters of `election` must stay live.
  return Object.assign(election, { [Symbol.asyncDispose]: () => Promise.resolve(opened[Symbol.asyncDispose]()) });
}
