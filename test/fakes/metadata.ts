import { type FakeServer, type Reply, type Seen, type ServerOptions, startServer } from './server.ts';

export interface MetadataOptions extends ServerOptions {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Set if the instance has no role. Then the role path answers 404. */
  readonly noRole?: boolean;
  /** The Authorization header that ECS and Pod identity expect at `/container`. */
  readonly authorization?: string;
}

const roles = '/latest/meta-data/iam/security-credentials/';
const session = 'imds-session';

/**
 * Starts EC2's instance metadata service (version 2 only). `/container` is the credentials endpoint of ECS and of EKS
 * Pod identity.
 */
export function startMetadata(options: MetadataOptions): Promise<FakeServer> {
  const keys = {
    AccessKeyId: options.accessKeyId,
    SecretAccessKey: options.secretAccessKey,
    Token: 'session-token',
    Expiration: new Date(Date.now() + 3_600_000).toISOString(),
  };
  function answer({ method, path, headers }: Seen): Reply {
    if (path === '/container') return headers.authorization === options.authorization ? { status: 200, json: keys } : { status: 401 };
    if (method === 'PUT' && path === '/latest/api/token') return { status: 200, text: session };
    if (headers['x-aws-ec2-metadata-token'] !== session) return { status: 401 };
    if (options.noRole) return { status: 404 };
    if (path === roles) return { status: 200, text: 'ci-role' };
    return path === `${roles}ci-role` ? { status: 200, json: { Code: 'Success', ...keys } } : { status: 404 };
  }
  return startServer(answer, options);
}
