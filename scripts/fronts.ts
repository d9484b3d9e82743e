import { readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

const folder = join(import.meta.dirname, '../src/pull');

/**
 * Writes the programs that other software starts: for Unix, each shell front with its shared part inlined, as finding a
 * second file would need another process; for Windows, the script that starts Node. They expect `pull.js` beside them.
 */
export async function writeFronts(outdir: string): Promise<void> {
  const common = await readFile(join(folder, 'front.sh'), 'utf8');
  const names = (await readdir(folder)).filter(name => /\.(sh|cmd)$/.test(name) && name !== 'front.sh');
  for (const name of names) {
    const text = await readFile(join(folder, name), 'utf8');
    if (name.endsWith('.cmd')) await writeFile(join(outdir, name), text.replaceAll('\n', '\r\n'));
    else
      await writeFile(
        join(outdir, basename(name, '.sh')),
        text.replace('# include front.sh\n', () => common),
        { mode: 0o755 },
      );
  }
}
