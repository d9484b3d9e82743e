import type { Metafile } from 'esbuild';
import { bundle } from './bundle.ts';
import { makePrograms } from './programs.ts';

const entries = {
  'ecr-courier': 'src/main.ts',
  adapter: 'src/contract/index.ts',
  testing: 'test/testing.ts',
};

/** Makes all that runs of what is released. Nothing of node_modules is needed beside it. */
export const makeDist = (outdir: string): Promise<readonly Metafile[]> => makeBoth(entries, outdir);

/**
 * Makes entry points (name of the output to path of the source), and the programs beside them. One after the other:
 * what both use has the same name in the folder, and the programs rewrite it.
 */
export const makeBoth = async (points: Readonly<Record<string, string>>, outdir: string): Promise<readonly Metafile[]> => [
  await bundle(points, outdir),
  await makePrograms(outdir),
];
