import type { Clock } from '../../contract/clock.ts';
import type { Credential } from '../../contract/credential.ts';
import { Failure } from '../../contract/failures.ts';
import { anyRegistryOf, parseAddress, type Registry } from '../../contract/registry.ts';
import { readText, statOf } from '../../io/files.ts';
import { Unreadable } from '../../io/unreadable.ts';
import { credentialIn } from './given/given.ts';
import { readPayload } from './given/shapes.ts';
import { toolFailure } from './tool-errors.ts';

interface Read {
  readonly file: string;
  /** The region of its token, where the token does not say it. */
  readonly region: string | undefined;
  readonly from: Pick<Credential, 'source' | 'scope'>;
  readonly clock: Clock;
}

/** The largest file that is read, in bytes. A file with the logins of many registries is larger than a token. */
const mostBytes = 1024 * 1024;
/** How soon a file that is missing, or holds no valid token, is read again, in milliseconds. */
const retryAfterMs = 15_000;
const again = 'The file is read again by itself.';

/**
 * Reads the credential from a file. The life of a token that does not say its end counts from the time when the file
 * was written, so a file that is no longer updated does not look fresh. Throws a Failure.
 */
export async function fetchFromFile({ file, region, from, clock }: Read, registry: Registry): Promise<Credential> {
  const { text, changedAt } = await contentOf(file);
  const now = new Date(clock.wall());
  return credentialIn(text, registry, {
    gave: `${file} holds`,
    remedy: `Let whoever writes it put an ECR password there, a token, or JSON that holds one, in one go (write another file, then rename it). ${again}`,
    renew: `Let whoever writes it put a new token there before the old one ends. ${again}`,
    region,
    says: 'Set `region` of the source to that of its tokens.',
    issuedAt: now,
    receivedAt: now,
    madeAt: new Date(Math.min(changedAt.getTime(), now.getTime())),
    from,
    failed: (type, words) =>
      toolFailure({ type, words }, { who: `What ${file} was written with`, shown: 'that program', where: again, region: registry.region }),
  });
}

/** Reads the file as a fetch would, for whichever registry it may be. Throws a Failure as a fetch does. */
export async function lookAtFile(file: string, region: string | undefined, clock: Clock): Promise<void> {
  const { text } = await contentOf(file);
  const reading = readPayload(text);
  const [first] = reading.kind === 'said' ? reading.all : [];
  const registry = parseAddress(first?.host ?? '')?.registry ?? anyRegistryOf(region ?? first?.region ?? 'us-east-1');
  if (registry) await fetchFromFile({ file, region, from: { source: '', scope: '' }, clock }, registry);
}

async function contentOf(file: string): Promise<{ readonly text: string; readonly changedAt: Date }> {
  try {
    // Stat comes first: a file that is written in between counts as older than it is.
    const { mtime: changedAt } = await statOf(file);
    const text = await readText(file, mostBytes);
    if (text.trim() === '') throw new Unreadable(file, 'EMPTY', 'is empty');
    return { text, changedAt };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    const remedy = `${error.remedy ?? 'Let whoever writes it put a token there.'} ${again}`;
    throw new Failure('MISCONFIGURED', `The token file ${file} ${error.why}.`, { remedy, retryAfterMs, cause: error });
  }
}
