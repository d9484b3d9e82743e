import { configOptions, type Io, readArgs, UsageError } from '../io.ts';

const options = {
  ...configOptions,
  json: { type: 'boolean' },
  layer: { type: 'boolean' },
  source: { type: 'string' },
  as: { type: 'string' },
} as const;

/** `check`: what would be written to the targets. `check IMAGE...`: whether these images would be pulled. */
export async function check(args: string[], io: Io): Promise<number> {
  const { values, positionals } = readArgs(args, options, { allowPositionals: true });
  const { json = false, layer = false, source, as, ...config } = values;
  if (positionals.length > 0) {
    const { checkImages } = await import('./images.ts');
    return await checkImages({ images: positionals, json, layer, source, as, config }, io);
  }
  const [alone] = Object.entries({ layer: layer || undefined, source, as }).filter(([, value]) => value !== undefined);
  if (alone) throw new UsageError(`--${alone[0]} goes with an image`);
  const { rehearse } = await import('../once.ts');
  return await rehearse(args, io);
}
