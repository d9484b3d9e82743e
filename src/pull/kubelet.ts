import { roleAnnotations } from '../contract/aws-names.ts';
import { asFailure, Failure } from '../contract/failures.ts';
import { label } from '../contract/text.ts';
import { version } from '../version.ts';
import { answerFor } from './answer.ts';
import { runDocker, verbs } from './docker.ts';
import { withoutLogin } from './login.ts';
import { apiVersion, hostOf, isKubelets, readRequest } from './request.ts';
import { inFull, type Run, type Said, saying } from './run.ts';

export const program = 'ecr-courier-credential-provider';
const said = saying(program);

const usage = `usage: ${program}

A credential provider for the kubelet, which starts it with a CredentialProviderRequest on stdin.
\`ecr-courier kubelet install\` puts it on a node, \`ecr-courier kubelet config\` prints a configuration for it.
`;

/**
 * How long the kubelet caches the answer for a host that is not ours. It is short, because the host may become an
 * alias.
 */
const foreignFor = '5m0s';

/** Runs the credential provider protocol of the kubelet, v1 (KEP-2133). Never throws. */
export async function runKubelet(run: Run): Promise<Said> {
  const flag = optionIn(run.args);
  if (flag === '--version' || flag === '-v') return said(0, `${program} ${version}\n`);
  if (flag === '--help' || flag === '-h') return said(0, usage);
  if (flag !== undefined) return { ...said(1, '', `${flag} is an unknown option.`), stderr: `${program}: ${flag} is unknown.\n${usage}` };
  return await answer(run).catch(failed);
}

/**
 * The first option, by Go's reading of arguments: `-` is a word, and everything after `--` is. Its value is left out,
 * because it may be a secret.
 */
function optionIn(args: readonly string[]): string | undefined {
  const end = args.indexOf('--');
  const option = args.slice(0, end < 0 ? args.length : end).find(arg => arg.startsWith('-') && arg !== '-');
  return option?.split('=')[0];
}

/**
 * Whether the request is Docker's, which gives a helper a verb and a bare host: users also configure this program
 * there. Other arguments are ignored.
 */
const isDockers = (args: readonly string[], text: string): boolean =>
  !isKubelets(text) && (Object.hasOwn(verbs, args[0] ?? '') || isHost(text.trim()));
/** Whether a text is one word in the form of a host, of ECR or of any other registry. */
const isHost = (text: string): boolean => /^(localhost|[^\s{}"[\]]*[.:/][^\s{}"[\]]*)$/.test(text);
const verbOf = (args: readonly string[]): readonly string[] => (Object.hasOwn(verbs, args[0] ?? '') ? args : ['get']);

function failed(error: unknown, ...remarks: readonly string[]): Said {
  return said(1, '', ...remarks, inFull(asFailure(error)));
}

async function answer(run: Run): Promise<Said> {
  const text = await run.stdin();
  if (isDockers(run.args, text)) return await runDocker({ ...run, args: verbOf(run.args), stdin: () => Promise.resolve(text) });
  const { image, token, annotations } = readRequest(text);
  const host = hostOf(image);
  const roleArn = token && roleOf(annotations, run.env);
  const webToken = token && roleArn ? { roleArn, token, sessionName } : undefined;
  const reply = await answerFor(host, { ...run, unconfiguredPublic: 'served', webToken });
  // No token for a foreign registry: the next pull would send it there.
  if (reply.kind === 'foreign')
    return said(
      0,
      response(foreignFor, {}),
      reply.why ?? `${label(withoutLogin(host)) || 'What has no host'} is not an ECR registry, and no alias of one: it gets no credential.`,
    );
  if (reply.kind === 'failed') return failed(reply.failure, ...reply.remarks);
  const { username, password, expiresAt } = reply.answer;
  const auth = { [host]: { username, password: password.reveal() } };
  return said(0, response(goDuration((expiresAt - run.clock.wall()) / 2), auth), ...reply.remarks);
}

/** The name of our sessions in CloudTrail. */
const sessionName = program;

/**
 * The role to assume with the token of a service account. The first of the three places that is set counts. If it is
 * empty there is no role, and the node's own identity answers.
 */
function roleOf(annotations: Readonly<Record<string, string>>, env: Run['env']): string | undefined {
  const places = [
    ...roleAnnotations.map(key => [`The annotation ${key} of the service account`, annotations[key]] as const),
    ['AWS_ECR_ROLE_ARN', env['AWS_ECR_ROLE_ARN']] as const,
  ];
  const [place, role] = places.find(([, value]) => value !== undefined) ?? [];
  if (!role || isRole(role)) return role;
  throw new Failure('MISCONFIGURED', `${place} is not an ARN of a role.`, {
    remedy: 'Write it as arn:aws:iam::ACCOUNT:role/NAME, with the partition of the account.',
  });
}

/** Whether a text is the ARN of a role. STS would refuse anything else, in words that do not say where it is set. */
const isRole = (text: string): boolean => /^arn:aws(-[a-z]+)*:iam::\d{12}:role\/[\w+=,.@/-]+$/.test(text);

/** The response. The kubelet decodes strictly, so there must be no other member. */
const response = (cacheDuration: string, auth: object): string =>
  `${JSON.stringify({ kind: 'CredentialProviderResponse', apiVersion, cacheKeyType: 'Registry', cacheDuration, auth })}\n`;

/** The duration in whole seconds as Go writes it: 6h0m0s, 7m30s, 0s. */
export function goDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h > 0 ? `${h}h${m}m${s}s` : m > 0 ? `${m}m${s}s` : `${s}s`;
}
