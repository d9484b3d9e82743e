import type { Metafile } from 'esbuild';
import { bundle } from './bundle.ts';
import { makePrograms } from './programs.ts';

const entries = {
  'ecr-courier': 'src/main.ts',
  adapter: 'src/contract/index.ts',
  testing: 'test/testing.ts',
};

/** Bundles everything that a release runs. It needs nothing of node_modules. */
export const makeDist = (outdir: string): Promise<readonly Metafile[]> => makeBoth(entries, outdir);

/**
 * Bundles entry points (name of the output to path of the source), and then the programs. Not in parallel: shared
 * chunks have the same names in the folder, and the programs rewrite them.
 */
export const makeBoth = async (points: Readonly<Record<string, string>>, outdir: string): Promise<readonly Metafile[]> => [
  await bundle(points, outdir),
  await makePrograms(outdir),
];
