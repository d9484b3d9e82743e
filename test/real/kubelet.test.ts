import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { checked, starts } from '../../src/commands/kubelet/check.ts';
import { newestKnown } from '../../src/kubelet/fields.ts';
import { command, executable } from '../commands/cli.ts';
import { buildPrograms, type Programs } from '../contracts/cases/program.ts';
import { type FakeEcr, startEcr } from '../fakes/ecr.ts';
import { forms, good, host, matchingNothing, stopping } from '../kubelet/forms.ts';
import { kubeletPlugins } from './kubelet/harness.ts';
import { part, path } from './needs.ts';

/** The result of the kubelet's own code: why it would not start, or the credentials for the pull. */
interface Outcome {
  readonly error?: string;
  readonly lookups?: readonly { readonly image: string; readonly credentials: readonly { username: string; password: string }[] }[];
}
interface Question {
  readonly config: string;
  readonly binDir: string;
  readonly images?: readonly string[];
  readonly parallel?: boolean;
  readonly token?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Runs the kubelet's code in a new process, because the kubelet reads its configuration only once. */
async function kubelet(question: Question, env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  const child = spawn(await kubeletPlugins(path('go')), { env: { PATH: '/usr/bin:/bin', ...env }, stdio: ['pipe', 'pipe', 'inherit'] });
  let stdout = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stdin.end(JSON.stringify({ images: [], ...question }));
  await once(child, 'close');
  return JSON.parse(stdout) as Outcome;
}

part("the kubelet's own code starts the credential provider", { programs: ['go'] }, () => {
  let folder = '';
  let programs: Programs;
  let aws: FakeEcr;
  before(async () => {
    await kubeletPlugins(path('go'));
    [folder, programs, aws] = await Promise.all([mkdtemp(join(tmpdir(), 'courier-kubelet-')), buildPrograms(), startEcr()]);
  });
  after(async () => {
    await Promise.all([rm(folder, { recursive: true, force: true }), programs[Symbol.asyncDispose](), aws[Symbol.asyncDispose]()]);
  });

  /** Asks the kubelet's code with our configuration and an empty cache. */
  async function ask(question: Omit<Question, 'config' | 'binDir'>, ...args: readonly string[]): Promise<Outcome> {
    const [config, home] = [join(folder, 'config.yaml'), await mkdtemp(join(folder, 'home-'))];
    await writeFile(config, (await command(['kubelet', 'config', ...args])).stdout);
    const keys = { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret-of-the-node' };
    aws.calls.length = 0;
    return await kubelet({ config, binDir: programs.folder, ...question }, { HOME: home, AWS_ENDPOINT_URL: aws.url, ...keys });
  }
  const found = ({ lookups = [] }: Outcome): (number | string)[][] =>
    lookups.map(({ image, credentials }) => [image, ...credentials.map(({ username }) => username)]);

  test('it takes the answer, for every image of the registry', async () => {
    const images = [`${host}/app`, `${host}/team/other`, 'registry.k8s.io/pause', '210987654321.dkr.ecr-fips.us-east-1.amazonaws.com/app'];
    const outcome = await ask({ images });
    assert.deepEqual(found(outcome), [[images[0], 'AWS'], [images[1], 'AWS'], [images[2]], [images[3], 'AWS']]);
    assert.equal(aws.judge('eu-west-1', outcome.lookups?.[0]?.credentials[0]?.password ?? ''), 'good');
  });

  test('a burst of images is one call', async () => {
    const images = Array.from({ length: 20 }, (_, nr) => `${host}/app-${nr}`);
    const outcome = await ask({ images, parallel: true });
    assert.deepEqual(new Set(outcome.lookups?.map(({ credentials }) => credentials.length)), new Set([1]));
    assert.equal(aws.calls.length, 1);
  });

  test('the token of a service account opens the role of its annotation', async () => {
    const annotations = { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::123456789012:role/puller', other: 'hidden' };
    const outcome = await ask({ images: [`${host}/app`], token: 'sa-token-1', annotations }, '--token-mode', 'optional');
    assert.deepEqual(found(outcome), [[`${host}/app`, 'AWS']]);
    const asked = aws.calls.map(({ action, input }) => [action, input['RoleArn'], input['WebIdentityToken']]);
    assert.deepEqual(asked[0], ['AssumeRoleWithWebIdentity', 'arn:aws:iam::123456789012:role/puller', 'sa-token-1']);
  });

  test('a required annotation that is missing, and a failing provider, are nobody to pull with', async () => {
    const images = [`${host}/app`];
    assert.deepEqual(found(await ask({ images, token: 'sa-token-1' }, '--token-mode', 'required')), [images]);
    aws.trouble = () => 'denied';
    assert.deepEqual(found(await ask({ images })), [images]);
    aws.trouble = undefined;
  });

  test('kubelet check says of every form what the kubelet says', async () => {
    const [bin, config] = [join(folder, 'bin'), join(folder, 'form.yaml')];
    await mkdir(bin);
    const auth = { [host]: { username: 'AWS', password: 'pass-word-1' } };
    const answer = { kind: 'CredentialProviderResponse', apiVersion: 'credentialprovider.kubelet.k8s.io/v1', cacheKeyType: 'Image', auth };
    await writeFile(join(bin, 'p'), `#!/bin/sh\ncat >/dev/null\necho '${JSON.stringify(answer)}'\n`, { mode: 0o755 });
    const patterns = [...stopping, ...matchingNothing].map(
      pattern => [pattern, good.replace(`[${host}]`, JSON.stringify([pattern]))] as const,
    );
    for (const [what, text, , version] of [
      ...forms,
      ...patterns.map(([pattern, text]) => [pattern, text, undefined, undefined] as const),
    ]) {
      if (version !== undefined) continue;
      await writeFile(config, text);
      const { providers, remarks } = await checked(config, newestKnown);
      for (const name of new Set(['p', ...providers.map(({ name }) => name)]))
        await symlink('/bin/true', join(bin, name.replaceAll('/', '_') || '_')).catch(() => undefined);
      const { error, lookups } = await kubelet({ config, binDir: bin, images: [`${host}/team/app`] });
      if (matchingNothing.includes(what)) assert.deepEqual(lookups?.[0]?.credentials, [], what);
      if (text === good) assert.equal(lookups?.[0]?.credentials.length, 1, 'what matches is asked');
      assert.equal(starts(remarks), error === undefined, `${what}: ${error ?? 'it starts'}; ours: ${JSON.stringify(remarks)}`);
    }
  });
});

/** Sets up mounts in its own namespace, so that nothing stays mounted. */
const mounts = `
cd "$1"
mkdir noexec readonly
mount -t tmpfs -o noexec none noexec
mount -t tmpfs none readonly
mount -o remount,ro none readonly
for folder in noexec readonly; do
  "$2" "$3" kubelet install --bin-dir "$1/$folder" --config "$1/$folder.yaml" 2>&1 && echo installed
  ls -A "$1/$folder"
done
"$2" "$3" kubelet install --bin-dir "$1/readonly" --config "$1/c.yaml" --dry-run 2>&1 || echo refused
ls "$1"
`;

part('kubelet install among mounts', { programs: ['unshare'], root: true }, () => {
  test('says that nothing can be executed, or written, and leaves no configuration', async () => {
    const place = await mkdtemp(join(tmpdir(), 'courier-mounts-'));
    try {
      const args = ['-m', 'sh', '-c', mounts, 'sh', place, process.execPath, await executable()];
      const { stdout } = await promisify(execFile)(path('unshare'), args);
      assert.match(
        stdout,
        /Nothing that lies in \S+\/noexec can be executed, so nothing was replaced: its file system is mounted noexec\./,
      );
      const readonly = stdout.match(/The program cannot be put into \S+\/readonly: it is read-only\./g) ?? [];
      assert.equal(readonly.length, 2, 'in a dry run as well');
      assert.match(stdout, /refused\nnoexec\nreadonly\n$/, 'no configuration that names what is not there');
      assert.doesNotMatch(stdout, /installed/);
    } finally {
      await rm(place, { recursive: true, force: true });
    }
  });
});
