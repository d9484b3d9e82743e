import { makeApi } from '../../adapters/kubernetes/api.ts';
import { entranceOf } from '../../adapters/kubernetes/entrance.ts';
import { keepPapers } from '../../adapters/kubernetes/papers.ts';
import { readYaml } from '../../config/plain.ts';
import { clock } from '../../src/contract/clock.ts';
import { lendFiles } from '../../src/io/lent-files.ts';
import { lendHttp } from '../../src/io/lent-http.ts';
import { runFor } from '../../src/io/lent-program.ts';
import { type LeaseStore, leaseIn } from '../../src/lease/store.ts';

export const name = { namespace: 'courier', name: 'ecr-courier' };
export const leases = (namespace: string): string => `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;

/** The store of a Lease in a cluster that is reached by its address and a token file. */
export function storeAt({ url, tokenFile }: { url: string; tokenFile: string }, lease = name): LeaseStore & AsyncDisposable {
  const clients = new AsyncDisposableStack();
  const means = {
    files: lendFiles({ writes: 'refused' }),
    yaml: readYaml,
    clock,
    log: { info: () => undefined, debug: () => undefined },
    run: (program: Parameters<typeof runFor>[0]) => runFor(program, {}),
    // The certificate of a test server does not matter.
    http: (base: Parameters<typeof lendHttp>[0]) =>
      clients.use(lendHttp(base, { env: {}, allowHttp: true, connections: 1, tls: { insecureSkipVerify: true } })),
  };
  const { address, read, first } = entranceOf({ url, tokenFile, kubeconfig: undefined, context: undefined }, means);
  const store = leaseIn(makeApi(keepPapers(read, means), means, address, first), lease);
  return { ...store, [Symbol.asyncDispose]: () => clients.disposeAsync() };
}
