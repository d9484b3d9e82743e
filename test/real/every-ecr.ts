import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRegistry } from '../fakes/registry.ts';
import { startServer } from '../fakes/server.ts';
import { startFront } from './front.ts';

/**
 * Serves every ECR name in two regions and accepts any password, until it is stopped: a real Harbor needs this for the
 * suite of its adapter. Prints the variables for Harbor's core (the first two) and for the suite (the last one). The
 * suite asks the server in the last one which password Harbor used.
 */
await using stack = new AsyncDisposableStack();
const folder = await mkdtemp(join(tmpdir(), 'courier-every-ecr-'));
stack.defer(() => rm(folder, { recursive: true, force: true }));
const registry = stack.use(await startRegistry({ judge: () => 'good' }));
const names = ['eu-west-1', 'us-east-1'].map(region => `*.dkr.ecr.${region}.amazonaws.com`);
const front = stack.use(await startFront(folder, names, () => registry.server.port));
const door = stack.use(
  await startServer(({ path }) => {
    const asked = registry.server.requests.findLast(({ headers }) => headers.host === path.slice(1) && headers.authorization);
    const [, login = ''] = asked?.headers.authorization?.split(' ') ?? [];
    return { status: asked ? 200 : 404, text: Buffer.from(login, 'base64').toString().replace(/^AWS:/, '') };
  }),
);
console.log(`HTTPS_PROXY=${front.url}\nSSL_CERT_FILE=${front.caFile}\nTEST_HARBOR_ECR=${door.url}`);
await new Promise(resolve => process.once('SIGINT', resolve).once('SIGTERM', resolve));
