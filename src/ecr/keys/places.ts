import { Secret } from '../../contract/secret.ts';
import { containerUri, containerVariable, formOf, keyVariables, plainAddress } from '../aws/variables.ts';
import { containerKeys, seeWhy, tokenVariables } from './container.ts';
import { environmentKeys, halfKeys, retryAfterMs } from './environment.ts';
import { type Keys, type Place, remedyOfFile, silent, usualRemedy, type Walk } from './place.ts';
import { loadSdk } from './providers.ts';
import { assumeByToken, sessionName, type WebToken } from './role.ts';
import { wordsOf } from './sdk-words.ts';
import { readWebToken } from './web-token.ts';

export function environmentPlace({ env }: Walk): Place {
  const form = formOf(keyVariables.id, env);
  const half = halfKeys(env);
  return {
    name: 'environment',
    waiting: 'the environment',
    absent: form ? undefined : `${keyVariables.id} is not set`,
    because: `${form} is set`,
    keys: () => (half === undefined ? environmentKeys(env) : Promise.reject(new Error(half))),
    shown: `environment (${form})`,
    retryAfterMs,
    remedy(reason, error) {
      if (half !== undefined)
        return 'Set both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the files of both; or none of them, for another identity.';
      const variable = /^(\w+_FILE): /.exec(reason)?.[1];
      const mend = variable ? `Let ${variable} name a file that holds the value and nothing else.` : 'Write the keys as AWS shows them.';
      return remedyOfFile(error) ?? mend;
    },
  };
}

const noOther = (variable: string): string => `No other identity is taken in its place: for that, remove ${variable}.`;

/** The service account of a pod (IRSA), or another web identity of OpenID Connect. */
export function webIdentityPlace({ env, ways, sts }: Walk): Place {
  const [file, roleArn] = [env['AWS_WEB_IDENTITY_TOKEN_FILE'], env['AWS_ROLE_ARN']];
  const keys = async (): Promise<Keys> => {
    if (!file || !roleArn) throw new Error('AWS_ROLE_ARN is not set');
    const token = new Secret(await readWebToken(file));
    return await assumeByToken({ roleArn, token, sessionName: env['AWS_ROLE_SESSION_NAME'] || sessionName }, sts(), ways);
  };
  return {
    name: 'web identity',
    absent: file ? undefined : 'AWS_WEB_IDENTITY_TOKEN_FILE is not set',
    because: 'AWS_WEB_IDENTITY_TOKEN_FILE is set',
    keys,
    shown: `web identity (${roleArn})`,
    explain: error => `token file ${file}${roleArn ? ` for ${roleArn}` : ''}: ${wordsOf(error)}`,
    remedy: (_, error) =>
      `${remedyOfFile(error) ?? 'Let the user of this process read the token file, and let AWS_ROLE_ARN name its role: in a pod the service account gives both.'} ${noOther('AWS_WEB_IDENTITY_TOKEN_FILE')}`,
  };
}

/** The service account of a pod that is about to start. */
export function serviceAccountPlace(webToken: WebToken, { ways, sts }: Walk): Place {
  const name = `service account token for ${webToken.roleArn}`;
  const because = 'the kubelet gives the token of the service account';
  return { name, because, keys: () => assumeByToken(webToken, sts(), ways), shown: name };
}

/** The keys that ECS and EKS Pod Identity offer to a container. */
export function containerPlace({ env, ways: { wire } }: Walk): Place {
  const uri = containerUri(env);
  const shown = uri && plainAddress(uri);
  const variable = containerVariable(env) ?? '';
  const late = seeWhy(shown ?? '');
  return {
    name: 'container or Pod identity',
    waiting: `container or Pod identity (${shown})`,
    late: `${late} ${noOther(variable)}`,
    absent: uri ? undefined : 'AWS_CONTAINER_CREDENTIALS_FULL_URI and ..._RELATIVE_URI are not set',
    because: `${variable} is set`,
    keys: () => containerKeys(env, wire.signal),
    shown: `container or Pod identity (${shown})`,
    explain: error => `${shown}: ${wordsOf(error)}`,
    remedy: (reason, error) => `${remedyOfFile(error) ?? remedyOfContainer(reason, late, env)} ${noOther(variable)}`,
  };
}

function remedyOfContainer(reason: string, late: string, env: Walk['env']): string {
  if (/: no (answer|connection) within/.test(reason)) return late;
  const { file, plain } = tokenVariables;
  if (reason.includes(': it answered 401'))
    return `Let ${env[file] ? file : plain} hold the token that this endpoint knows: ECS and EKS set it for each container.`;
  return 'Give the task (ECS) or the service account (EKS Pod Identity) its role, and let this process reach that address without a proxy.';
}

export function instancePlace({ env, commandEnv, settings: { metadata } }: Walk): Place {
  const disabled = env['AWS_EC2_METADATA_DISABLED'];
  const where = env['AWS_EC2_METADATA_SERVICE_ENDPOINT'] || 'http://169.254.169.254';
  return {
    name: 'instance metadata',
    because: 'no other place is meant to have keys',
    absent: disabled && disabled !== 'false' ? `switched off by AWS_EC2_METADATA_DISABLED=${disabled}` : undefined,
    async keys() {
      const { fromInstanceMetadata } = await loadSdk(commandEnv);
      return await fromInstanceMetadata({ timeout: metadata.timeoutMs, maxRetries: metadata.retries, logger: silent })();
    },
    shown: 'instance metadata',
    explain: error => whyNoMetadata(error, where),
    remedy: reason => [usualRemedy, ...remediesOnEc2.filter(([sign]) => reason.includes(sign)).map(([, what]) => what)].join(' '),
  };
}

const remediesOnEc2: readonly (readonly [sign: string, what: string])[] = [
  [
    'hop limit',
    'On EC2 in a bridged container: `aws ec2 modify-instance-metadata-options --instance-id ID --http-put-response-hop-limit 2`, or run the container with host networking.',
  ],
  ['something else than keys', 'On EC2, the trust policy of the role must allow sts:AssumeRole to ec2.amazonaws.com.'],
];

function whyNoMetadata(error: unknown, where: string): string {
  const { statusCode, code = '' } = error as { statusCode?: number; code?: string };
  if (statusCode === 404) return `${where} answered 404: the instance has no role`;
  if (statusCode) return `${where} answered ${statusCode}`;
  const said = wordsOf(error);
  // Node's codes for an answer have an underscore, such as HPE_INVALID_CONSTANT.
  const isSilent = /^(E[A-Z]+|EAI_AGAIN)$/.test(code) || /does not answer in time|cannot be reached/.test(said);
  if (!isSilent) {
    const detail = said.includes('something else than keys') ? '' : ` (${code || said})`;
    return `${where} answered with something else than keys${detail}: the role cannot be assumed, or this is not EC2`;
  }
  const hops = code === 'ECONNREFUSED' ? '' : ', or the hop limit of 1 stops a bridged container';
  return `no answer from ${where} (${code || said}): not EC2${hops}`;
}
