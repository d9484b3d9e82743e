import type { Deps } from '../../src/contract/adapter.ts';
import { Failure } from '../../src/contract/failures.ts';
import type { HttpBase } from '../../src/contract/http.ts';
import { Secret } from '../../src/contract/secret.ts';
import { execKeeper } from './exec.ts';
import type { Given } from './fields.ts';
import { type Choice, type Context, contextIn } from './kubeconfig.ts';
import { oidcKeeper } from './oidc.ts';
import type { Papers, ReadPapers } from './papers.ts';
import { readToken } from './token.ts';

export type Means = Pick<Deps, 'files' | 'yaml' | 'run' | 'clock' | 'http' | 'log'>;

/** Returns a reader of the papers that a context of a kubeconfig describes. */
export function fromKubeconfig(choice: Choice, deps: Means): ReadPapers {
  const byProgram = execKeeper(deps);
  const byIssuer = oidcKeeper(deps);
  const read = (text: string): Context => contextIn(deps.yaml(text, choice.path), choice);
  let parsed: { readonly text: string; readonly context: Context } | undefined;

  return async (signal, why): Promise<Papers> => {
    const text = await deps.files.read(choice.path, { signal });
    if (text === undefined)
      throw new Failure('MISCONFIGURED', `There is no kubeconfig at ${choice.path}.`, {
        remedy: 'Put it there, or name another one with `kubeconfig`. It is looked for again by itself.',
      });
    if (parsed?.text !== text) parsed = { text, context: read(text) };
    const { context } = parsed;
    const papers = await papersOf(context, deps, signal);
    if (context.oidc) {
      const { authorities } = context.oidc;
      const pem = authorities && (await readPem(authorities, 'certificate', deps, signal));
      const home = { path: choice.path, read: (other: string) => read(other).oidc };
      return { ...papers, ...(await byIssuer({ oidc: context.oidc, authorities: pem, home, why, signal })) };
    }
    if (!context.exec) return papers;
    const { certificate, token, until } = await byProgram(context.exec, papers.server, why, signal);
    return { server: { ...papers.server, ...(certificate && { certificate }) }, token, ...(until !== undefined && { until }) };
  };
}

async function papersOf(context: Context, deps: Pick<Deps, 'files'>, signal: AbortSignal): Promise<Papers> {
  const { url, serverName, proxy, certificate, token } = context;
  const read = (given: Given, kind: keyof typeof kinds): Promise<string> => readPem(given, kind, deps, signal);
  const [authorities, chain, key, shown] = await Promise.all([
    context.authorities && read(context.authorities, 'certificate'),
    certificate && read(certificate.chain, 'certificate'),
    certificate && read(certificate.key, 'key'),
    token && ('file' in token ? readToken(token.file, deps, signal) : token.text),
  ]);
  const server: HttpBase = {
    url,
    ...(authorities !== undefined && { authorities }),
    ...(serverName !== undefined && { serverName }),
    ...(proxy && { proxy: { ...proxy, named: 'proxy-url' } }),
    ...(chain !== undefined && key !== undefined && { certificate: { chain, key: new Secret(key) } }),
  };
  return { server, token: shown };
}

const kinds = {
  certificate: { begin: /-----BEGIN CERTIFICATE-----/, name: 'certificate' },
  key: { begin: /-----BEGIN [A-Z ]*PRIVATE KEY-----/, name: 'private key' },
} as const;

async function readPem(given: Given, kind: keyof typeof kinds, { files }: Pick<Deps, 'files'>, signal: AbortSignal): Promise<string> {
  const text = 'text' in given ? given.text.reveal() : await files.read(given.file, { signal });
  const { begin, name } = kinds[kind];
  if (text !== undefined && begin.test(text)) return text;
  const where = 'file' in given ? `${given.file}, ${given.from},` : given.from;
  throw new Failure('MISCONFIGURED', `${where} ${text === undefined ? 'is not there' : `holds no ${name} in PEM`}.`, {
    remedy: 'Correct it. It is read again by itself.',
  });
}
