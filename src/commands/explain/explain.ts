import { loadAsked } from '../../../config/asked.ts';
import { clock } from '../../contract/clock.ts';
import { redact } from '../../contract/secret.ts';
import { jsonText } from '../../contract/text.ts';
import { describeIdentity } from '../../ecr/keys/identity.ts';
import { choiceOf } from '../../ecr/sources/choice.ts';
import { reasonsFor } from '../../ecr/sources/reasons.ts';
import { configOptions, exit, type Io, readArgs, UsageError } from '../io.ts';
import { minorOf } from '../kubelet/check.ts';
import { type Explained, explainedJson, explainedText } from './render.ts';
import { slotsFor } from './slots.ts';
import { subjectOf } from './subject.ts';

const options = {
  ...configOptions,
  'provider-config': { type: 'string' },
  kubernetes: { type: 'string' },
  offline: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

/**
 * `explain IMAGE`: follows an image name to its pull: registry, source, identity, token, proof and the slots of the
 * daemon, with `--provider-config` also what the kubelet would do. With `--offline` it only contacts the local daemon.
 */
export async function explainImage(args: string[], io: Io): Promise<number> {
  const { values, positionals } = readArgs(args, options, { allowPositionals: true });
  const { 'provider-config': path, kubernetes, offline = false, json = false, ...flags } = values;
  const [text, ...more] = positionals;
  if (!text || more.length > 0) throw new UsageError('one image or registry is needed');
  const minor = minorOf(kubernetes);
  const explained = await explainedOf(text, flags, offline ? 'offline' : 'online', io);
  const kubelet =
    path === undefined ? undefined : await (await import('./kubelet.ts')).kubeletPart(text, { path, minor, files: flags.config }, io);
  const all: Explained = { ...explained, ...(kubelet && { kubelet }) };
  io.stdout.write(redact(json ? jsonText(explainedJson(all)) : explainedText(all, clock.wall())));
  return exitOf(all);
}

async function explainedOf(
  text: string,
  flags: Parameters<typeof slotsFor>[1],
  asks: 'online' | 'offline',
  io: Io,
): Promise<Omit<Explained, 'kubelet'>> {
  const { sources, aliases } = await loadAsked({ files: flags.config, env: io.env });
  const subject = subjectOf(text, aliases);
  const { image } = subject;
  if (!image) return { text, subject, sources: [], known: undefined, asks };
  const choice = choiceOf(sources);
  const spec = choice.choose(image.registry);
  const asked = async () => (asks === 'offline' ? undefined : await (await import('./proof.ts')).proofOf(image, choice, io));
  // Both the daemon and AWS may be slow.
  const [known, proof] = await Promise.all([
    slotsFor(image.registry, flags, io),
    spec || image.registry.service === 'ecr-public' ? asked() : undefined,
  ]);
  return {
    text,
    subject,
    sources: reasonsFor(image.registry, choice),
    configured: spec && describeIdentity(spec, io.env),
    known,
    asks,
    ...(proof && { proof }),
  };
}

/** The exit code, as `check` has it. A name outside ECR is fine if the kubelet's part explains it. */
function exitOf({ subject, sources, proof, kubelet }: Explained): number {
  if (kubelet && !kubelet.fine) return exit.failed;
  if (!subject.image) return subject.meant ? exit.failed : kubelet ? exit.ok : exit.usage;
  const { service } = subject.image.registry;
  const isFine = proof ? proof.pull.outcome === 'would pull' : service === 'ecr-public' || sources.some(({ chosen }) => chosen);
  return isFine ? exit.ok : exit.failed;
}
