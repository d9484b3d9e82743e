import { asFailure, Failure } from '../contract/failures.ts';
import { parseAddress } from '../contract/registry.ts';
import { oneLine, shortened } from '../contract/text.ts';
import { version } from '../version.ts';
import { answerFor, withoutUser } from './answer.ts';
import { hostsListed } from './list.ts';
import { isKubelets, membersOf } from './request.ts';
import { inFull, type Run, type Said, saying } from './run.ts';
import { type Env, readSettings } from './settings.ts';

/** Words of the protocol: clients compare them (docker-credential-helpers 0.9.5, credentials/error.go). */
const notFound = 'credentials not found in native keychain';
const noServer = 'no credentials server URL';
const noUser = 'no credentials username';

const usage = `usage: docker-credential-ecr-courier get|list|store|erase|version

A credential helper for Docker and its kin, which call it. To set it up:
  ecr-courier helper install ACCOUNT.dkr.ecr.REGION.amazonaws.com
`;

/** The verbs of the protocol. */
export const verbs: Readonly<Record<string, (run: Run) => Promise<Said>>> = {
  get,
  list,
  store,
  erase,
  version: async () => said(0, `docker-credential-ecr-courier ${version}\n`),
  help: async () => said(0, usage),
};
const flags: Readonly<Record<string, string>> = { '--version': 'version', '-v': 'version', '--help': 'help', '-h': 'help' };

const said = saying('docker-credential-ecr-courier');

/** Runs the credential helper protocol of Docker. Never throws. */
export async function runDocker(run: Run): Promise<Said> {
  const [first = '', ...more] = run.args;
  const name = Object.hasOwn(flags, first) ? (flags[first] ?? '') : first;
  const verb = more.length === 0 && Object.hasOwn(verbs, name) ? verbs[name] : undefined;
  return await (verb && name !== 'get' ? verb(run) : getOrKubelets(verb, run)).catch(failed);
}

/**
 * Runs `get`, or answers a request of the kubelet: operators also configure this program there, and the kubelet starts
 * it without a verb.
 */
async function getOrKubelets(verb: typeof get | undefined, run: Run): Promise<Said> {
  const text = await run.stdin();
  const again = { ...run, stdin: () => Promise.resolve(text) };
  if (isKubelets(text)) return await (await import('./kubelet.ts')).runKubelet({ ...again, args: [] });
  return verb ? await verb(again) : said(1, usage);
}

/** The request, which is one line. The rest is ignored, because a front does not wait for it. */
const lineIn = (text: string): string => text.trim().split('\n')[0]?.trimEnd() ?? '';

/**
 * Reports a failure. The short cause is for clients that show the stdout of a helper; what to do about it is for
 * people.
 */
function failed(error: unknown, ...remarks: readonly string[]): Said {
  const failure = asFailure(error);
  return said(1, `${causeOf(failure)}\n`, ...remarks, inFull(failure));
}

/** The longest cause, in characters. Clients quote it within messages of their own, and some show stderr beside it. */
const longestCause = 200;
export const causeOf = ({ short }: Pick<Failure, 'short'>): string => shortened(oneLine(short).replace(/\s+/g, ' ').trim(), longestCause);

async function get({ stdin, ...run }: Run): Promise<Said> {
  const server = lineIn(await stdin());
  if (!server) return said(1, `${noServer}\n`);
  const reply = await answerFor(server, { ...run, unconfiguredPublic: 'not served' });
  if (reply.kind === 'foreign') return said(1, `${notFound}\n`, ...(reply.why === undefined ? [] : [reply.why]));
  const { remarks, registry } = reply;
  if (reply.kind === 'answer') {
    const { username, password } = reply.answer;
    return said(0, `${JSON.stringify({ ServerURL: server, Username: username, Secret: password.reveal() })}\n`, ...remarks);
  }
  // A client that gets none pulls from ECR Public anonymously.
  if (registry.service === 'ecr-public') return { ...failed(reply.failure, ...remarks), stdout: `${notFound}\n` };
  return failed(reply.failure, ...remarks);
}

async function list(run: Run): Promise<Said> {
  const hosts = await hostsListed(run);
  return said(0, `${JSON.stringify(Object.fromEntries(hosts.map(([host, username]) => [`https://${host}`, username])))}\n`);
}

async function store({ env, stdin }: Run): Promise<Said> {
  const given = membersOf(await stdin());
  if (!given) throw new Failure('REJECTED', 'JSON with ServerURL, Username and Secret is expected.', { remedy: 'Clients write it.' });
  const { ServerURL: server, Username: user } = given;
  if (typeof server !== 'string' || !server) return said(1, `${noServer}\n`);
  if (typeof user !== 'string' || !user) return said(1, `${noUser}\n`);
  return await nothingStored(server, 'stored', env);
}

async function erase({ env, stdin }: Run): Promise<Said> {
  const server = lineIn(await stdin());
  return server ? await nothingStored(server, 'erased', env) : said(1, `${noServer}\n`);
}

/**
 * Succeeds for ECR hosts, where an error would end `docker login` and `docker logout` although nothing has to be
 * done. Throws REJECTED for other hosts.
 */
async function nothingStored(server: string, what: 'stored' | 'erased', env: Env): Promise<Said> {
  // As in amazon-ecr-credential-helper: exactly this word, whatever the registry.
  if (env['AWS_ECR_IGNORE_CREDS_STORAGE'] === 'true') return said(0, '');
  const address = withoutUser(server) ?? '';
  if (parseAddress(address) ?? parseAddress(address, (await readSettings(env)).aliases))
    return said(0, '', `Nothing is ${what}: each token for this registry comes from AWS.`);
  throw new Failure('REJECTED', `This helper keeps no credentials, so nothing is ${what}: it serves ECR registries alone.`, {
    remedy: 'Name it under credHelpers for the ECR hosts, and another one in credsStore for all others.',
  });
}
