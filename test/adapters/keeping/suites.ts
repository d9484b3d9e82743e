/** Runs `testAdapter` on an adapter that keeps a file: unchanged, and with typical mistakes of authors. */
import { writeFile } from 'node:fs/promises';
import { readEntry } from '../../../adapters/docker-config/entries.ts';
import { dockerConfig } from '../../../adapters/docker-config.ts';
import type { Deps } from '../../../src/contract/adapter.ts';
import { Failure } from '../../../src/contract/failures.ts';
import type { Target } from '../../../src/contract/target.ts';
import { readText } from '../../../src/io/files.ts';
import { folder } from '../../config/support.ts';
import { testAdapter } from '../contract.ts';

type Made = Target<null>;
type Means = Deps;

const [one, two, three] = ['111111111111', '222222222222', '333333333333'].map(account => `${account}.dkr.ecr.eu-west-1.amazonaws.com`) as [
  string,
  string,
  string,
];

/** The changes to the adapter, by the name of the variant. */
const variants: Readonly<Record<string, (made: Made, path: string, deps: Means) => Partial<Made>>> = {
  sound: () => ({}),
  'swallows-failures': made => ({ deliver: (...given) => made.deliver(...given).catch(() => ({ change: 'updated' as const })) }),
  'unreadable-is-empty': made => ({ discover: (...given) => made.discover(...given).catch(() => ({ slots: [], findings: [] })) }),
  'goes-around': (made, path) => ({
    deliver: (...given) =>
      made.deliver(...given).catch(async () => {
        await writeFile(path, await readText(path, 1_000_000));
        return { change: 'updated' as const };
      }),
  }),
  'forgets-what-may-land': made => ({
    deliver: (...given) =>
      made.deliver(...given).catch((error: Failure) => {
        throw new Failure(error.code, error.message);
      }),
  }),
  'writes-while-looking': (made, path, { files }) => ({
    async discover(signal) {
      await files.update(path, text => `${text} `, { signal }).catch(() => undefined);
      return await made.discover(signal);
    },
  }),
};

for (const [kind, change] of Object.entries(variants))
  testAdapter({
    adapter: {
      ...dockerConfig,
      kind,
      create(options, deps) {
        const made = dockerConfig.create(options, deps);
        return { ...made, ...change(made, options.path, deps as Means) };
      },
    },
    keeps: 'files',
    patienceMs: 2_000,
    async start() {
      const dir = await folder({ file: JSON.stringify({ auths: { [one]: { auth: 'QVdTOm9sZA==' }, [two]: { auth: 'QVdTOm9sZA==' } } }) });
      const path = dir.at('file');
      return {
        options: { path, writeInPlace: false },
        hosts: [one, two],
        absent: three,
        async passwordOf(_, host) {
          const { auths } = JSON.parse(await readText(path, 1_000_000)) as { auths: Record<string, unknown> };
          return readEntry(auths[host] ?? null).login?.password;
        },
        [Symbol.asyncDispose]: () => dir[Symbol.asyncDispose](),
      };
    },
  });
