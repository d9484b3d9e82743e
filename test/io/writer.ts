/**
 * A program that updates the named files as adapters do, until it is killed or every file is written. `loop`: writes
 * texts A and B in turn. `each`: prints for each path a JSON line with the results.
 */
import { Failure } from '../../src/contract/failures.ts';
import type { UpdateRequest } from '../../src/contract/files.ts';
import { lendFiles } from '../../src/io/lent-files.ts';

const [mode, ...paths] = process.argv.slice(2);
const files = lendFiles({ writes: 'allowed' });
const { signal } = new AbortController();

async function writeInTurn(path: string): Promise<void> {
  const [a, b] = ['a', 'b'].map(letter => letter.repeat(300_000));
  process.stdout.write('ready\n');
  for (;;) await files.update(path, text => (text === a ? b : a), { signal });
}

async function writeEach(more: Partial<UpdateRequest>): Promise<void> {
  for (const path of paths) {
    const request = { signal, ...more };
    const change = (text: string | undefined): string => `${text ?? ''}${'new '.repeat(50_000)}`;
    const tried = await files.rehearse(path, change, request).catch(wordsOf);
    const came = await files.update(path, change, request).catch(wordsOf);
    process.stdout.write(`${JSON.stringify({ path, tried, came })}\n`);
  }
}

const wordsOf = (error: unknown) =>
  error instanceof Failure ? { code: error.code, message: error.message, remedy: error.remedy } : String(error);

if (mode === 'loop') await writeInTurn(paths[0] ?? '');
else await writeEach(mode === 'in-place' ? { unreplaceable: 'write-in-place' } : { inPlaceBy: '`writeInPlace`' });
