import { access, constants, realpath } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { statOf } from '../io/files.ts';
import { providerName } from './generate.ts';
import { entry } from './install.ts';
import type { Provider } from './lint.ts';
import type { Remark } from './remark.ts';

/**
 * Remarks on the executable of a provider in the folder that the kubelet is given. `searched` is a PATH that may have a
 * Node; the kubelet's own PATH is not known here.
 */
export async function executableRemarks({ name, where }: Provider, binDir: string, searched: string): Promise<Remark[]> {
  const file = join(binDir, name);
  const remark = (level: Remark['level'], text: string): Remark => ({ level, where, path: 'name', text: `${file} ${text}` });
  try {
    await access(file, constants.X_OK);
    if ((await statOf(file)).isDirectory()) return [remark('stops', 'is a folder')];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [remark('stops', 'does not exist')];
    const mode = await statOf(file).then(
      stats => stats.mode,
      () => 0,
    );
    return [
      remark(
        'stops',
        (mode & 0o111) === 0
          ? 'may not be executed: chmod 755'
          : 'may not be executed, although its mode allows it: its file system is mounted noexec',
      ),
    ];
  }
  if (name !== providerName) return [];
  const folder = dirname(await realpath(file));
  if (!(await may(join(folder, entry), constants.R_OK))) return [remark('never', `fails, as ${join(folder, entry)} is missing: ${again}`)];
  if (await hasNode([folder, binDir])) return [];
  const onPath = `has no Node beside it (${join(folder, 'node')}), and uses that of the kubelet's PATH`;
  return (await hasNode(searched.split(delimiter).filter(Boolean)))
    ? [remark('note', `${onPath}, which may be another than yours: ${again}`)]
    : [remark('never', `${onPath}; there is none on yours: ${again}`)];
}

const again = '`ecr-courier kubelet install` puts it there';

/** Whether one of the folders has a Node, as the front looks for it (src/pull/front.sh). */
async function hasNode(folders: readonly string[]): Promise<boolean> {
  for (const folder of folders) if (await may(join(folder, 'node'), constants.X_OK)) return true;
  return false;
}

const may = (file: string, right: number): Promise<boolean> =>
  access(file, right).then(
    async () => (await statOf(file)).isFile(),
    () => false,
  );
