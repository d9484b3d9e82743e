import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { helperHere, providerHere } from './cases/here.ts';
import { buildPrograms } from './cases/program.ts';
import { type Asked, report, runFile, started } from './cases.ts';
import type { HelperCase } from './format.d.ts';

const programs = await buildPrograms();
after(() => programs[Symbol.asyncDispose]());

const processes = started(programs);
/** Whether a case needs a process, because the AWS SDK reads its keys from the process's environment and from files. */
const needsProcess = ({ files = {}, env }: HelperCase): boolean =>
  Object.keys(files).length > 0 || Object.keys(env).some(name => /^AWS_(CONTAINER|EC2_METADATA_SERVICE)/.test(name));
let providers = 0;
/**
 * Runs most cases in this process: another process is expensive and seldom shows more. `npm run cases` starts one for
 * each.
 */
const asked: Asked = {
  helper: (given, run) => (run === 'then' || needsProcess(given) ? processes.helper(given, run) : helperHere),
  provider: (args, given) => (args.length > 0 || providers++ % 7 === 0 ? processes.provider : providerHere)(args, given),
};

const folder = import.meta.dirname;
const files = readdirSync(folder).filter(name => /^(credential-helper|kubelet-plugin).*\.json$/.test(name));

for (const name of files)
  test(`our program does what is decided: ${name}`, async () => {
    const results = await runFile(join(folder, name), asked);
    assert.ok(results.length > 0);
    const failed = results.filter(({ differences }) => differences.length > 0);
    assert.equal(failed.length, 0, failed.map(report).join('\n'));
  });

test('what differs is told with all that the run said and asked', async () => {
  for (const [name, product] of [
    ['credential-helper', 'docker-credential-x'],
    ['kubelet-plugin', 'ecr-credential-provider'],
  ] as const) {
    const { cases } = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as { cases: readonly HelperCase[] };
    const [first] = cases;
    const wrong = { ...first, ours: { exit: 9 } };
    await using place = await writtenTo({ product, cases: [wrong], kubelet: [] });
    const told = report((await runFile(place.path, asked))[0] ?? assert.fail());
    assert.match(
      told,
      /^FAILED {2}\S+\n {4}exit is 0, not 9\n {4}stdout "\{.*\n {4}stderr ".*\n {4}calls \[\{.*GetAuthorizationToken/,
      name,
    );
  }
});

async function writtenTo(file: object): Promise<AsyncDisposable & { readonly path: string }> {
  const place = await mkdtemp(join(tmpdir(), 'courier-case-file-'));
  const path = join(place, 'cases.json');
  await writeFile(path, JSON.stringify(file));
  return { path, [Symbol.asyncDispose]: () => rm(place, { recursive: true }) };
}
