import type { Image } from '../../contract/image.ts';
import { type CheckedPull, checkPull } from '../../ecr/registry/checked-pull.ts';
import { type Choice, type SourceSpec } from '../../ecr/sources/choice.ts';
import { makeSources } from '../../ecr/sources/source.ts';
import { type Whoami, whoIs } from '../../ecr/sources/whoami.ts';
import { awsDeps } from '../asking.ts';
import { openPull } from '../check/puller.ts';
import type { Io } from '../io.ts';

/** The responses of AWS and of the registry. */
export interface Proof {
  /** undefined if no source serves the registry, so that no token was fetched. */
  readonly who: Whoami | undefined;
  readonly pull: CheckedPull;
}

/** Looks up the identity of the source, fetches a token, and tries the steps of a pull without a download. */
export async function proofOf(image: Image, { all, choose }: Choice, io: Io): Promise<Proof> {
  const deps = await awsDeps(io);
  const spec: SourceSpec | undefined = choose(image.registry);
  const who = spec && whoIs(spec, deps, io.signal, image.registry);
  const sources = makeSources(all, { ...deps, tells: 'principal' });
  const source = sources.choose(image.registry);
  const { pull, close } = openPull(sources, io);
  const asked = source && who && { source, who: () => who, fetch: () => source.fetch(image.registry, io.signal) };
  const checked = await checkPull({ image }, { asked, pull }, io.signal);
  await close();
  return { who: await who, pull: checked };
}
