import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '../../deploy/systemd');
export const unitFile = join(folder, 'ecr-courier.service');

/** The assignments of a unit or environment file, in their order. */
function assignments(file: string): readonly (readonly [key: string, value: string])[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap(line => {
      const [, key = '', value = ''] = /^(\w+)=(.*)$/.exec(line) ?? [];
      return key ? [[key, value] as const] : [];
    });
}

/** Every value of a setting of ecr-courier.service. */
export const valuesOf = (setting: string): string[] => assignments(unitFile).flatMap(([key, value]) => (key === setting ? [value] : []));

/** Parses ExecStart into Node, its options, and the file that it runs. */
export function execStart(): { readonly node: string; readonly options: readonly string[]; readonly script: string } {
  const [node = '', ...rest] = valuesOf('ExecStart').join(' ').split(' ');
  return { node, options: rest.slice(0, -1), script: rest.at(-1) ?? '' };
}

/** The variables that ecr-courier.env sets, and the ones that it contains behind a `#`. */
export function environmentFile(): { readonly set: Readonly<Record<string, string>>; readonly offered: readonly string[] } {
  const file = join(folder, 'ecr-courier.env');
  const offered = readFileSync(file, 'utf8').matchAll(/^#(\w+)=/gm);
  return { set: Object.fromEntries(assignments(file)), offered: [...offered].map(([, name = '']) => name) };
}
