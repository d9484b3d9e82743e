/** A straightforward credential helper with the AWS SDK, as the baseline for a miss. */
import { ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';

const chunks: Buffer[] = [];
for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
const server = Buffer.concat(chunks).toString().trim();
const [, , , region = ''] = server.split('.');
const { authorizationData: [data] = [] } = await new ECRClient({ region }).send(new GetAuthorizationTokenCommand({}));
const [user, secret] = Buffer.from(data?.authorizationToken ?? '', 'base64')
  .toString()
  .split(':');
process.stdout.write(`${JSON.stringify({ ServerURL: server, Username: user, Secret: secret })}\n`);
