import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { getuid } from 'node:process';
import { fromInstanceMetadata } from '@aws-sdk/credential-providers';
import { Failure } from '../contract/failures.ts';
import { quote } from '../contract/text.ts';

type Env = Readonly<NodeJS.ProcessEnv>;

/** What the chain throws when its last link has failed: it says nothing. */
const chainEnd = 'Could not load credentials from any providers';

/** Takes down what the credential chain of the SDK says on its way: it throws the reasons of its links away, and its debug lines are the only trace. */
export interface Trail {
  readonly logger: { debug(...words: unknown[]): void; info(): void; warn(): void; error(): void };
  readonly lines: readonly string[];
}

const linkNames: Readonly<Record<string, string>> = {
  fromEnv: 'the environment',
  fromSSO: 'SSO',
  fromIni: 'the profile (its credential process, SSO or role)',
  fromProcess: 'the credential process of the profile',
  fromTokenFile: 'web identity',
  remoteProvider: 'container or instance metadata',
};

/** entered: hears the name of each link, for people, when the chain comes to it. */
export function openTrail(entered: (link: string) => void = () => undefined): Trail {
  const lines: string[] = [];
  const quiet = (): void => undefined;
  const debug = (...words: unknown[]): void => {
    const line = words.map(String).join(' ');
    lines.push(line);
    const link = linkNames[linkOf(line) ?? ''];
    if (link) entered(link);
  };
  return { lines, logger: { debug, info: quiet, warn: quiet, error: quiet } };
}

const linkOf = (line: string): string | undefined => /defaultProvider::(\w+)/.exec(line)?.[1];

/** One place where keys are looked for, and why there were none. */
interface Link {
  readonly place: string;
  readonly reason: string;
}

/**
 * Why there are no AWS credentials: AUTH, naming every place that was looked at. `thrown` is what the chain threw.
 * Looks at the files itself (the SDK swallows EACCES) and asks the metadata service once more (the SDK swallows its answer).
 */
export async function noCredentials(thrown: unknown, profile: string | undefined, env: Env, { lines }: Trail): Promise<Failure> {
  const said = reasonsByLink(lines);
  const chosen = profile ?? (env['AWS_PROFILE'] || undefined);
  const files = await readable(filesOf(env));
  const links: Link[] = [
    { place: 'environment', reason: environment(env, profile) },
    { place: `profile "${chosen ?? 'default'}"`, reason: [...files, ...(said.get('fromIni') ?? [])].join('; ') },
  ];
  if (said.has('fromTokenFile')) links.push({ place: 'web identity', reason: webIdentity(env, said.get('fromTokenFile')) });
  let metadata: string | undefined;
  if (said.has('remoteProvider')) {
    const container = containerUri(env);
    links.push({
      place: 'container or Pod identity',
      reason: container
        ? `${container}: ${unique(said.get('remoteProvider'))}`
        : 'AWS_CONTAINER_CREDENTIALS_FULL_URI and ..._RELATIVE_URI are not set',
    });
    metadata = container ? undefined : await metadataReason(env);
    if (metadata) links.push({ place: 'instance metadata', reason: metadata });
  }
  const message = thrown instanceof Error && !thrown.message.startsWith(chainEnd) ? ` ${quote(withoutCommand(thrown.message))}` : '';
  const looked = links.map(({ place, reason }) => `${place} (${reason})`).join(', ');
  return new Failure('AUTH', `No AWS credentials.${message} Looked at: ${looked}.`, { remedy: remedyFor(files, metadata) });
}

/** The SDK names the link it enters, then says why it leaves it (credential-provider-node 3.972). Every link that was entered is a key. */
export function reasonsByLink(lines: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  let link = 'fromEnv';
  for (const line of lines) {
    link = linkOf(line) ?? link;
    const reasons = found.get(link) ?? [];
    const reason = /^@smithy\/property-provider (?:->|\(!\)) (.*)$/s.exec(line)?.[1];
    if (reason && !reason.startsWith(chainEnd)) reasons.push(quote(withoutCommand(reason)));
    found.set(link, reasons);
  }
  return found;
}

/** A credential process's command line may hold a password; what it wrote to stderr is what a person needs. */
const withoutCommand = (text: string): string => text.replace(/^(Error: )?Command failed: [^\n]*\n?/, 'credential_process failed: ');

const unique = (reasons: readonly string[] = []): string => [...new Set(reasons)].join('; ') || 'no credentials there';

function environment(env: Env, profile: string | undefined): string {
  const set = env['AWS_ACCESS_KEY_ID'] ? 'AWS_ACCESS_KEY_ID is set' : 'AWS_ACCESS_KEY_ID is not set';
  if (profile) return `skipped, because the source names a profile; ${set}`;
  if (env['AWS_PROFILE']) return `skipped, because AWS_PROFILE is set to ${env['AWS_PROFILE']}; ${set}`;
  return env['AWS_ACCESS_KEY_ID'] ? `${set}, but AWS_SECRET_ACCESS_KEY is not` : set;
}

function webIdentity(env: Env, said: readonly string[] | undefined): string {
  const [file, role] = [env['AWS_WEB_IDENTITY_TOKEN_FILE'], env['AWS_ROLE_ARN']];
  if (!file) return 'AWS_WEB_IDENTITY_TOKEN_FILE is not set';
  return role ? `${file} for ${role}: ${unique(said)}` : 'AWS_ROLE_ARN is not set';
}

const containerUri = (env: Env): string | undefined =>
  env['AWS_CONTAINER_CREDENTIALS_FULL_URI'] || env['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'] || undefined;

function filesOf(env: Env): readonly string[] {
  const home = env['HOME'] || homedir();
  return [env['AWS_SHARED_CREDENTIALS_FILE'] || join(home, '.aws', 'credentials'), env['AWS_CONFIG_FILE'] || join(home, '.aws', 'config')];
}

/** What is wrong with each file that cannot be read. */
async function readable(files: readonly string[]): Promise<string[]> {
  const verdicts = await Promise.all(
    files.map(file =>
      access(file, constants.R_OK).then(
        () => '',
        (error: NodeJS.ErrnoException) =>
          error.code === 'ENOENT' ? `${file} does not exist` : `${file} cannot be read by uid ${getuid?.() ?? '?'} (${error.code})`,
      ),
    ),
  );
  return verdicts.filter(Boolean);
}

async function metadataReason(env: Env): Promise<string> {
  const disabled = env['AWS_EC2_METADATA_DISABLED'];
  if (disabled && disabled !== 'false') return `switched off by AWS_EC2_METADATA_DISABLED=${disabled}`;
  const where = env['AWS_EC2_METADATA_SERVICE_ENDPOINT'] || 'http://169.254.169.254';
  try {
    await fromInstanceMetadata({ timeout: 1000, maxRetries: 0 })();
    return `${where} answers now`;
  } catch (error) {
    const { statusCode, code, message } = error as { statusCode?: number; code?: string; message: string };
    if (statusCode === 404) return `${where} answered 404: the instance has no role`;
    if (statusCode) return `${where} answered ${statusCode}`;
    return `no answer from ${where} (${code ?? quote(message)}): not EC2, or the hop limit of 1 stops a bridged container`;
  }
}

function remedyFor(files: readonly string[], metadata: string | undefined): string {
  const ways = ['Give the courier keys: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a mounted ~/.aws, or a role.'];
  if (files.some(file => file.includes('cannot be read'))) ways.push('Let the user of this process read the files named above.');
  if (metadata?.includes('hop limit'))
    ways.push(
      'On EC2 in a bridged container: `aws ec2 modify-instance-metadata-options --instance-id ID --http-put-response-hop-limit 2`, or run the container with host networking.',
    );
  return ways.join(' ');
}
