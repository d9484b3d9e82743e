import { inTurns } from '../../../adapters/common/turns.ts';
import { clock } from '../../contract/clock.ts';
import type { Credential } from '../../contract/credential.ts';
import { type Image, type NoImage, readImage } from '../../contract/image.ts';
import type { Registry } from '../../contract/registry.ts';
import { redact } from '../../contract/secret.ts';
import type { Source, Sources } from '../../contract/source.ts';
import { jsonText, oneLine } from '../../contract/text.ts';
import type { AwsDeps } from '../../ecr/aws/aws.ts';
import { checkPull } from '../../ecr/registry/checked-pull.ts';
import type { Pull } from '../../ecr/registry/pull.ts';
import type { SourceSpec } from '../../ecr/sources/choice.ts';
import { makeSources } from '../../ecr/sources/source.ts';
import { type Whoami, whoIs } from '../../ecr/sources/whoami.ts';
import { awsDeps, type Fetch, oneFetchEach } from '../asking.ts';
import { type ConfigFlags, exit, type Io, noSuch, readConfig } from '../io.ts';
import { printNotes, printWarnings } from '../notes.ts';
import { colors, isCapable, openStatusLine } from '../terminal.ts';
import { sayWaiting } from '../waiting.ts';
import { insistOnRole, pullerOf } from './as.ts';
import { openPull } from './puller.ts';
import { type ImageReport, imageReport, noImageReport } from './report.ts';
import { imageTable } from './table.ts';

interface Asked {
  readonly images: readonly string[];
  readonly json: boolean;
  readonly layer: boolean;
  /** The source to use in place of the one that the configuration chooses. */
  readonly source: string | undefined;
  /** The principal that will pull: an ARN or an account number. */
  readonly as: string | undefined;
  readonly config: ConfigFlags;
}

/** Images checked concurrently. */
const atOnce = 4;

/**
 * Tries the steps of a pull for each image with the credential of its source, and downloads nothing. Returns exit code
 * 0 if all ECR images would be pulled, 3 if some would, 1 if none would, and 2 if none is an ECR image.
 */
export async function checkImages(asked: Asked, io: Io): Promise<number> {
  const config = await readConfig(asked.config, io);
  printWarnings({ ...config, warnings: config.ofAsking }, io);
  await printNotes(config, io);
  const deps = await awsDeps(io);
  const { specs, other } = pullerOf(asked.as, config.sources);
  const sources = makeSources(specs, { ...deps, tells: 'principal' });
  const { pull, close } = openPull(sources, io);
  const jobs = asked.images.map((text): Job | NoImage => {
    const image = readImage(text, config.aliases);
    if ('wrong' in image) return image;
    const source = chooseSource(image.registry, asked.source, sources);
    insistOnRole(asked, source);
    return { text, image, source, layer: asked.layer, ...(other && { puller: other.words }) };
  });
  const fetch = oneFetchEach(io.signal);
  const who = onceEach(specs, { ...deps, fetchMs: whoMs }, io.signal);
  const underWay = new Set<Job>();
  const line = openStatusLine(io.stderr, { replaces: isCapable(io.stderr, io.env) });
  const ended = new AbortController();
  void sayWaiting(() => [...underWay].map(waitingOf), line, clock, ended.signal);
  const reportOf = async (job: (typeof jobs)[number]): Promise<ImageReport> => {
    if ('wrong' in job) return noImageReport(job);
    underWay.add(job);
    return await reportOn(job, { fetch, who, pull }, io.signal).finally(() => underWay.delete(job));
  };
  const reports = await inTurns(jobs, reportOf, atOnce).finally(() => ended.abort());
  line.end();
  await close();
  const text = asked.json ? jsonText({ schema: 1, images: reports }) : imageTable(reports, { color: colors(io.stdout, io.env), other });
  io.stdout.write(redact(text));
  return exitOf(reports);
}

function waitingOf({ text, image, source }: Job): string {
  const step = source?.waitsFor?.(image.registry);
  return `the walk of the pull of ${oneLine(text)}${step ? `, ${step}` : ''}`;
}

/** The source for the registry; undefined if none serves it. */
function chooseSource(registry: Registry, wanted: string | undefined, { all, choose }: Sources): Source | undefined {
  if (wanted === undefined) return choose(registry);
  const named = all.find(({ name }) => name === wanted);
  if (!named)
    throw noSuch(
      'source',
      wanted,
      all.map(({ name }) => name),
    );
  return named;
}

type Who = (source: Source, registry: Registry) => Promise<Whoami>;

/** Deadline in milliseconds. The identity is informational, so a silent STS must not delay the check. */
const whoMs = 8_000;

/** Looks up the identity of a source, once per region. */
function onceEach(specs: readonly SourceSpec[], deps: AwsDeps, signal: AbortSignal): Who {
  const asked = new Map<string, Promise<Whoami>>();
  return (source, registry) => {
    const scope = source.scope(registry);
    const spec = specs.find(({ name }) => name === source.name) ?? { name: source.name };
    const who = asked.get(scope) ?? whoIs(spec, deps, signal, registry);
    asked.set(scope, who);
    return who;
  };
}

interface Job {
  readonly text: string;
  readonly image: Image;
  readonly source: Source | undefined;
  readonly layer: boolean;
  readonly puller?: string;
}

async function reportOn(
  { text, image, source, ...wish }: Job,
  { fetch, who, pull }: { fetch: Fetch; who: Who; pull: Pull },
  signal: AbortSignal,
): Promise<ImageReport> {
  const { registry } = image;
  const asked = source && { source, who: () => who(source, registry), fetch: (stale?: Credential) => fetch(source, registry, stale) };
  return imageReport({ text, image, source, ...wish }, await checkPull({ image, ...wish }, { asked, pull }, signal));
}

/** The exit code. Images of other registries do not count. */
function exitOf(reports: readonly ImageReport[]): number {
  if (reports.every(({ host }) => host === null)) return exit.usage;
  const ours = reports.filter(({ outcome }) => outcome !== "not ECR's");
  const fine = ours.filter(({ outcome }) => outcome === 'would pull').length;
  return fine === ours.length ? exit.ok : fine > 0 ? exit.partly : exit.failed;
}
