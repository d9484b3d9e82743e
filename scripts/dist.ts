import type { Metafile } from 'esbuild';
import { bundle } from './bundle.ts';
import { makePrograms } from './programs.ts';

const entries = {
  'ecr-courier': 'src/main.ts',
  adapter: 'src/contract/index.ts',
  testing: 'test/testing.ts',
};

/** Makes all that runs of what is released. Nothing of node_modules is needed beside it. */
export const makeDist = async (outdir: string): Promise<readonly Metafile[]> => [await bundle(entries, outdir), await makePrograms(outdir)];
