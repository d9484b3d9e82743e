import { configOptions, type Io, readArgs, UsageError } from '../io.ts';

const options = { ...configOptions, json: { type: 'boolean' }, layer: { type: 'boolean' }, source: { type: 'string' } } as const;

/** `check`: what would be written to the targets. `check IMAGE...`: whether these images would be pulled. */
export async function check(args: string[], io: Io): Promise<number> {
  const { values, positionals } = readArgs(args, options, { allowPositionals: true });
  const { json = false, layer = false, source, ...config } = values;
  if (positionals.length > 0) {
    const { checkImages } = await import('./images.ts');
    return await checkImages({ images: positionals, json, layer, source, config }, io);
  }
  if (layer || source !== undefined) throw new UsageError(`--${layer ? 'layer' : 'source'} goes with an image`);
  const { rehearse } = await import('../once.ts');
  return await rehearse(args, io);
}
