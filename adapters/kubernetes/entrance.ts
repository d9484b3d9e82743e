import type { OptionSpecs } from '../../src/contract/adapter.ts';
import { Failure } from '../../src/contract/failures.ts';
import type { HttpBase } from '../../src/contract/http.ts';
import { label } from '../../src/contract/text.ts';
import { fromKubeconfig, type Means } from './context.ts';
import type { ReadPapers } from './papers.ts';
import { fromFiles, inCluster } from './token.ts';

/** The options for the address of a cluster and the login there, which all adapters for things in a cluster have. */
export const entranceOptions = {
  url: {
    doc: 'Address of the API server. With `kubeconfig`, and inside a cluster with the ServiceAccount of the pod, it is left out.',
    format: 'url',
    default: null,
    blank: 'refused',
  },
  tokenFile: {
    doc: 'File with the token, which is read again each minute. Needed with `url`; inside a cluster that of the pod.',
    format: 'path',
    default: null,
    blank: 'refused',
  },
  kubeconfig: {
    doc: 'A kubeconfig, which says address, certificates and login of a cluster. It is read again by itself.',
    format: 'path',
    default: null,
    blank: 'refused',
  },
  context: {
    doc: 'Which context of the `kubeconfig`; its current one unless given.',
    format: 'string',
    default: null,
    blank: 'refused',
  },
} as const satisfies OptionSpecs;

/** The values of these options. */
interface EntranceOptions {
  readonly url: string | undefined;
  readonly tokenFile: string | undefined;
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
}
interface Entrance {
  /** The address for messages. */
  readonly address: string;
  readonly read: ReadPapers;
  /** The server, where it is known before any file is read. */
  readonly first?: HttpBase;
}

/** Derives the entrance from the options. Throws MISCONFIGURED when they contradict one another or are incomplete. */
export function entranceOf({ url, tokenFile, kubeconfig, context }: EntranceOptions, deps: Means): Entrance {
  if (kubeconfig !== undefined) {
    const other = url !== undefined ? 'url' : tokenFile !== undefined ? 'tokenFile' : undefined;
    if (other)
      throw new Failure('MISCONFIGURED', `\`${other}\` stands beside \`kubeconfig\`, which says it too.`, {
        remedy: 'Take one of the two out.',
      });
    const address = context === undefined ? kubeconfig : `${label(context)} in ${kubeconfig}`;
    return { address, read: fromKubeconfig({ path: kubeconfig, context }, deps) };
  }
  if (context !== undefined)
    throw new Failure('MISCONFIGURED', '`context` is one of a kubeconfig, and none is named.', {
      remedy: 'Name the file with `kubeconfig`.',
    });
  if (url !== undefined && tokenFile === undefined)
    throw new Failure('MISCONFIGURED', 'With `url` a token is needed.', {
      remedy: 'Name the file of a token with `tokenFile`, or a `kubeconfig`.',
    });
  const address = url?.replace(/\/+$/, '') ?? inCluster.url;
  const files = { url: address, token: tokenFile ?? inCluster.token, ...(url === undefined && { authorities: inCluster.authorities }) };
  return { address, read: fromFiles(files, deps), first: { url: address } };
}
