import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { command } from '../commands/cli.ts';
import { part, path } from './needs.ts';

const folder = await mkdtemp(join(tmpdir(), 'courier-completion-'));
after(() => rm(folder, { recursive: true }));

async function scriptFor(shell: string): Promise<string> {
  const file = join(folder, shell);
  await writeFile(file, (await command(['completion', shell])).stdout);
  return file;
}

part('fish', { programs: ['fish'] }, () => {
  test('completes commands with what they do, verbs and options', async () => {
    const file = await scriptFor('fish');
    const completed = (line: string): string =>
      execFileSync(path('fish'), ['--no-config', '-c', `source ${file}; complete -C '${line}'`], {
        encoding: 'utf8',
        env: { HOME: folder, PATH: process.env['PATH'] },
      });
    assert.match(completed('ecr-courier st'), /^status\tWhat the running daemon knows: .*\.$/m);
    assert.equal(completed('ecr-courier config sh'), 'show\n');
    assert.match(completed('ecr-courier kubelet install --bin'), /^--bin-dir$/m);
    assert.match(completed('ecr-courier check --la'), /^--layer$/m);
    assert.doesNotMatch(completed('ecr-courier config check --'), /^--layer$/m);
    assert.equal(completed('ecr-courier policy pull --format '), 'json\nterraform\n');
    assert.equal(completed('ecr-courier policy po'), 'pod-identity\n');
    for (const before of ['--config', '-c', 'check --config', 'kubelet install --bin-dir', 'kubelet check'])
      assert.equal(completed(`ecr-courier ${before} ${folder}/fi`), `${folder}/fish\n`, `${before}: a file`);
    assert.match(completed(`ecr-courier --config ${file} st`), /^status\t/);
  });
});

part('zsh', { programs: ['zsh'] }, () => {
  test('takes the script, and knows the program then', async () => {
    const file = await scriptFor('zsh');
    const said = execFileSync(
      path('zsh'),
      ['-f', '-c', `autoload -U compinit && compinit -u -D && source ${file} && print $_comps[ecr-courier]`],
      {
        encoding: 'utf8',
        env: { HOME: folder, PATH: process.env['PATH'] },
      },
    );
    assert.match(said, /_bash_complete.*_ecr_courier/);
  });
});
