import { jsonError, jsonReply, signerOf, xmlError, xmlReply } from '../../fakes/aws-protocol.ts';
import { type FakeServer, type Reply, type Seen, startServer } from '../../fakes/server.ts';
import type { AwsAnswers } from '../format.d.ts';
import type { Call } from './aws.ts';

/** The fake AWS of the file, whose `about` explains each name of `awsAnswers`. */
export interface PluginAws extends AsyncDisposable {
  readonly url: string;
  readonly calls: Call[];
}

/** The lives of tokens in seconds, as recorded. Half of `fraction` is slightly more than six hours. */
const life = { short: 901, expired: -60, fraction: 43_201.5 } as const;
const passwords: Readonly<Record<string, string>> = {
  nocolon: Buffer.from('AWSpassword').toString('base64'),
  badb64: '!!!not base64!!!',
  colons: Buffer.from('AWS:pa:ss:word').toString('base64'),
};

export async function startPluginAws(answers: AwsAnswers): Promise<PluginAws> {
  const calls: Call[] = [];
  const server: FakeServer = await startServer(seen => {
    const form = new URLSearchParams(seen.body.toString());
    const action = form.get('Action');
    const region = signerOf(seen)?.region ?? '';
    calls.push({ op: action ? `sts.${action}` : opOf(seen), host: '', region, role: form.get('RoleArn') ?? undefined });
    return (answers === 'once503' && calls.length === 1) || answers === 'down'
      ? { status: 503 }
      : action
        ? sts(action, answers)
        : ecr(seen, region, answers);
  });
  return { url: server.url, calls, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

function opOf({ headers }: Seen): string {
  const [service = '', action = ''] = String(headers['x-amz-target']).split('.');
  return `${service === 'SpencerFrontendService' ? 'ecr-public' : 'ecr'}.${action}`;
}

function ecr(seen: Seen, region: string, answers: AwsAnswers): Reply {
  const refused = refusals[answers];
  if (refused) return jsonError({ status: 400, ...refused });
  const isPublic = opOf(seen).startsWith('ecr-public');
  const authorizationToken =
    passwords[answers] ?? Buffer.from(`AWS:${isPublic ? 'ecr-public-password' : `ecr-password-${region}`}`).toString('base64');
  const seconds = answers in life ? life[answers as keyof typeof life] : 43_201;
  const whole = answers === 'fraction' ? Date.now() / 1000 + seconds : Math.floor(Date.now() / 1000) + seconds;
  const data = { authorizationToken, ...(answers === 'noexpiry' ? {} : { expiresAt: whole }) };
  if (isPublic) return jsonReply(200, { authorizationData: data });
  return jsonReply(200, {
    authorizationData: answers === 'empty' ? [] : [{ ...data, proxyEndpoint: `https://123456789012.dkr.ecr.${region}.amazonaws.com` }],
  });
}

const refusals: Readonly<Partial<Record<AwsAnswers, { code: string; message: string }>>> = {
  denied: {
    code: 'AccessDeniedException',
    message:
      'User: arn:aws:iam::123456789012:user/ci is not authorized to perform: ecr:GetAuthorizationToken on resource: * because no identity-based policy allows the ecr:GetAuthorizationToken action',
  },
  unrecognized: { code: 'UnrecognizedClientException', message: 'The security token included in the request is invalid.' },
  throttle: { code: 'ThrottlingException', message: 'Rate exceeded' },
};

function sts(action: string, answers: AwsAnswers): Reply {
  if (answers === 'sts-denied') return xmlError({ status: 403, code: 'AccessDenied', message: `Not authorized to perform sts:${action}` });
  const expiration = new Date(Date.now() + 3_600_000).toISOString().replace(/\.\d+/, '');
  const keys = { AccessKeyId: 'ASIAFAKEROLE', SecretAccessKey: 'role-secret-1', SessionToken: 'role-session-1', Expiration: expiration };
  return xmlReply(200, `${action}Response`, { [`${action}Result`]: { Credentials: keys } });
}
