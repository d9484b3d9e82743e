import { asFailure } from '../contract/failures.ts';
import { type Image, nameOfImage } from '../contract/image.ts';
import type { Verified, Verify } from '../contract/source.ts';
import { aboutScope, type CourierEvent } from './events.ts';
import type { Moment, TargetRecord, Verification } from './ledger.ts';
import { createRecollection, type RecollectionDeps } from './remembered.ts';
import type { Supply, Want } from './supply.ts';
import { day, hour, minute, second } from './timing.ts';
import type { Work } from './work.ts';

/** Deadline for one verification, which sends at most four requests. */
const verifyMs = 60 * second;
/**
 * Delay after the start, or after the reload that named an image, so that a process in a crash loop does not read
 * images.
 */
const settlingMs = 5 * minute;

interface VerificationsDeps extends RecollectionDeps {
  readonly random: () => number;
  readonly work: Work;
  readonly verify: Verify;
  readonly supply: Pick<Supply, 'scopeFor' | 'refused'>;
  emit(event: CourierEvent): void;
}

/**
 * Tries the pulls of images, one at a time. The results are reported and affect nothing else. An image that was read is
 * left alone for a day, whatever happens to targets and sources meanwhile; one that could not be read is tried again
 * after an hour.
 */
export interface Verifications {
  /** Replaces the set of images with those of these targets, and tells which credentials they need. */
  demand(records: Iterable<TargetRecord>, want: Want): void;
  /** Starts the next verification that is due. */
  step(): void;
}

export function createVerifications(deps: VerificationsDeps): Verifications {
  const { now, random, work, verify, supply, emit } = deps;
  const known = new Map<string, Verification>();
  const recollection = createRecollection(deps);
  let wanted: readonly Verification[] = [];
  let underWay = false;

  /** Takes over the result of a former process. */
  function resume(key: string, verification: Verification): void {
    const before = recollection.of(key);
    if (!before || verification.result) return;
    verification.result = before;
    if (before.ok) verification.succeededAt = before.at;
    if (wasRead(before)) verification.notBefore = Math.max(verification.notBefore, before.at + rested(random));
  }

  function of(image: Image, target: string): Verification {
    const name = nameOfImage(image);
    // The source that serves slots of that target, else any source.
    const scope = supply.scopeFor(image.registry, { target, id: name }) ?? supply.scopeFor(image.registry);
    const key = `${scope?.id ?? ''} ${name}`;
    const before = known.get(key);
    // The supply may have dropped the scope and created another one with the same id.
    if (before) return Object.assign(before, { scope });
    const made: Verification = { name, image, scope, running: false, notBefore: now() + settlingMs * (1 + 2 * random()) };
    known.set(key, made);
    resume(key, made);
    return made;
  }

  async function walk(verification: Verification): Promise<void> {
    const { scope, image, name } = verification;
    const { kept } = scope ?? {};
    const { region, service } = image.registry;
    const at = now();
    underWay = verification.running = true;
    const result = await work
      .bounded(verifyMs, signal => verify(image, kept?.credential, signal))
      .catch((error: unknown) => unanswered(asFailure(error)));
    underWay = verification.running = false;
    // A verification that our own shutdown cut short says nothing.
    if (work.closing) return;
    note(verification, { ...result, at }, { tried: kept?.fingerprint, random });
    emit({
      kind: 'verified',
      ...(scope ? aboutScope(scope) : { region, service }),
      image: name,
      ms: now() - at,
      ok: result.ok,
      ...(!result.ok && { message: result.message }),
    });
    if (scope && kept && !result.ok && result.stale) supply.refused(scope, kept, 'registry');
    recollection.keep(known);
    step();
  }

  /** Drops images that are no longer named, once they could be read again anyway. */
  function forget(all: ReadonlySet<Verification>): void {
    for (const [key, verification] of known)
      if (!all.has(verification) && !verification.running && now() >= verification.notBefore) known.delete(key);
  }

  function step(): void {
    if (work.closing || underWay) return;
    if (recollection.state === 'unread')
      work.track(recollection.read().then(() => known.forEach((verification, key) => resume(key, verification))));
    if (recollection.state !== 'read') return;
    const due = wanted.find(verification => canStart(verification, now()));
    if (due) work.track(walk(due));
  }

  return {
    demand(records, want) {
      const all = new Set<Verification>();
      for (const record of records) {
        const { verify: images = [], paused } = record.managed;
        record.verified = paused ? [] : images.map(image => of(image, record.name));
        for (const verification of record.verified) {
          all.add(verification);
          if (verification.scope) want(verification.scope, verification.image.registry);
        }
      }
      wanted = [...all].toSorted((one, other) => one.notBefore - other.notBefore);
      forget(all);
    },
    step,
  };
}

/**
 * Whether the verification is due and has a credential that the registry has not refused. ECR Public needs no source,
 * because it serves anonymous requests.
 */
function canStart(verification: Verification, now: Moment): boolean {
  const { scope, image, running, notBefore } = verification;
  if (running || (now < notBefore && !isRenewed(verification))) return false;
  if (!scope) return image.registry.service === 'ecr-public';
  const { kept, proofs } = scope;
  if (!kept || now >= kept.endsAt) return false;
  const proof = proofs?.get(image.registry.host);
  // The registry refuses the credential altogether, which is reported already.
  return !(proof && !proof.ok && proof.refused && proof.fingerprint === kept.fingerprint);
}

const isRenewed = ({ scope, tooOld }: Verification): boolean =>
  tooOld !== undefined && scope?.kept !== undefined && scope.kept.fingerprint !== tooOld;

/** Whether this is the first `stale` result in a row. A second one is not caused by the credential. */
const isFirstStale = (result: Verified, before: Verified | undefined): boolean =>
  !result.ok && result.stale && !(before && !before.ok && before.stale);

const wasRead = (result: Verified): boolean => result.ok || result.read;

/**
 * The pause after a successful read: a day, because reading an image may count as a pull, plus up to an hour, so that
 * many images spread out.
 */
const rested = (random: () => number): number => day + hour * random();

/** Records the result of a verification, and when the next one may begin. */
function note(
  verification: Verification,
  result: Verified & { readonly at: Moment },
  { tried, random }: { readonly tried: string | undefined; readonly random: () => number },
): void {
  const { result: before } = verification;
  verification.result = result;
  if (result.ok) verification.succeededAt = result.at;
  verification.notBefore = result.at + pauseAfter(result, before, random);
  verification.tooOld = isFirstStale(result, before) ? tried : undefined;
}

function pauseAfter(result: Verified, before: Verified | undefined, random: () => number): number {
  if (wasRead(result)) return rested(random);
  // A newer credential is on its way, and the pull is then tried immediately.
  return (isFirstStale(result, before) ? settlingMs : hour) * (1 + random() / 10);
}

/**
 * The result of a verification without an answer. It is unknown how far it came, so it counts as a read of the image.
 */
const unanswered = ({ message, remedy }: { readonly message: string; readonly remedy: string }): Verified => ({
  ok: false,
  refused: false,
  read: true,
  stale: false,
  message,
  remedy,
});
