import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as path } from 'node:path';
import { after, test } from 'node:test';
import { bundle } from '../../scripts/bundle.ts';
import { join, makePrograms } from '../../scripts/programs.ts';

const folder = await mkdtemp(path(tmpdir(), 'courier-programs-'));
after(() => rm(folder, { recursive: true }));

/** Returns the files that a module loads statically, itself included. */
async function loadedWith(file: string, seen = new Set<string>()): Promise<Set<string>> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const text = await readFile(file, 'utf8');
  for (const [, from = ''] of text.matchAll(/^(?:import|export) [^;]*?["'](\.[^"']+)["'];$/gm))
    await loadedWith(path(file, '..', from), seen);
  return seen;
}
const laterOf = (text: string): string[] => [...text.matchAll(/import\("(\.[^"]+)"\)/g)].map(([, from = '']) => from);

test('what a miss needs are four files', async () => {
  // Through a symlink, because node_modules of a checkout may be one.
  await mkdir(path(folder, 'real'));
  await symlink('real', path(folder, 'linked'));
  const { inputs } = await makePrograms(path(folder, 'linked'));
  assert.ok(
    Object.keys(inputs).some(name => name.startsWith('apart:')),
    'what signs a call is bundled apart from the SDK',
  );
  const pull = path(folder, 'real/pull.js');
  const loaded = await loadedWith(pull);
  const next = async (file: string, name: string): Promise<string> => {
    const found = laterOf(await readFile(file, 'utf8')).find(from => from.includes(`/${name}-`));
    assert.ok(found, name);
    return path(file, '..', found);
  };
  const start = await next(pull, 'start');
  await loadedWith(start, loaded);
  await loadedWith(await next(start, 'fetch'), loaded);
  assert.equal(loaded.size, 4, [...loaded].join('\n'));
  const texts = await Promise.all([...loaded].map(file => readFile(file, 'utf8')));
  assert.equal([...texts.join('').matchAll(/name = "Failure"/g)].length, 1, 'one class of failures');
  assert.match(execFileSync(process.execPath, [pull, 'docker', 'version'], { encoding: 'utf8' }), /^docker-credential-ecr-courier /);
});

test('a module of a joined file is there once, also for what is loaded later', async () => {
  const at = (name: string): string => path(folder, name);
  const sources: Readonly<Record<string, string>> = {
    'main.mjs': `const { first } = await import('./first.mjs'); await first();`,
    'first.mjs': `import { Shared, count } from './shared.mjs';
      export async function first() {
        count();
        const [{ second }, { third }] = await Promise.all([import('./second.mjs'), import('./third.mjs')]);
        console.log(second(new Shared()), third(), count());
      }`,
    'second.mjs': `import { Shared, count } from './shared.mjs'; import { of } from './pair.mjs';
      export const second = thing => thing instanceof Shared && of(count());`,
    'third.mjs': `import { total } from './shared.mjs'; import { of } from './pair.mjs'; export const third = () => of(total);`,
    'shared.mjs': `export class Shared {} export let total = 0; export const count = () => ++total;`,
    'pair.mjs': `export const of = value => 'of ' + value;`,
  };
  for (const [name, text] of Object.entries(sources)) await writeFile(at(name), text);
  const made = await bundle({ out: at('main.mjs') }, at('made'));
  const entry = (name: string): string => {
    const found = Object.values(made.outputs).find(({ entryPoint }) => entryPoint?.endsWith(name))?.entryPoint;
    assert.ok(found);
    return found;
  };
  await join(made, entry('main.mjs'), ['first.mjs', 'second.mjs'].map(entry));
  await writeFile(at('package.json'), '{"type":"module"}');
  assert.equal(execFileSync(process.execPath, [at('made/out.js')], { encoding: 'utf8' }), 'of 2 of 2 3\n');
  await assert.rejects(join(made, entry('main.mjs'), ['another.mjs']), /another\.mjs is not an entry point/);
});

test('whoever wants the programs beside others has both made in turn, as they share names of files', async () => {
  const root = path(import.meta.dirname, '../..');
  const makers = [];
  for (const room of ['bench', 'scripts'])
    for (const name of await readdir(path(root, room)))
      if (name.endsWith('.ts') && /\bmakePrograms\(/.test(await readFile(path(root, room, name), 'utf8'))) makers.push(`${room}/${name}`);
  assert.deepEqual(makers.sort(), ['scripts/dist.ts', 'scripts/programs.ts']);
});
