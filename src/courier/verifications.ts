import { asFailure } from '../contract/failures.ts';
import { type Image, nameOfImage } from '../contract/image.ts';
import type { Verified, Verify } from '../contract/source.ts';
import { aboutScope, type CourierEvent } from './events.ts';
import type { Moment, TargetRecord, Verification } from './ledger.ts';
import { createRecollection, type RecollectionDeps } from './remembered.ts';
import type { Supply, Want } from './supply.ts';
import { day, hour, minute, second } from './timing.ts';
import type { Work } from './work.ts';

/** Of one walk, which asks four times at most. */
const verifyMs = 60 * second;
/**
 * From the start, or from the reload that named an image: a process that ends again and again in its first minutes
 * reads none.
 */
const settlingMs = 5 * minute;

export interface VerificationsDeps extends RecollectionDeps {
  readonly random: () => number;
  readonly work: Work;
  readonly verify: Verify;
  readonly supply: Pick<Supply, 'scopeFor' | 'refused'>;
  emit(event: CourierEvent): void;
}

/**
 * Walks the pulls of images, one at a time and beside everything else: whatever comes of it is told, and changes
 * nothing. An image that was read is left alone for a day, whatever becomes of targets and sources meanwhile; one that
 * could not be read is asked for again after an hour.
 */
export interface Verifications {
  /** All images of these targets from now on; which credentials they need. */
  demand(records: Iterable<TargetRecord>, want: Want): void;
  /** Starts what is due. */
  step(): void;
}

export function createVerifications(deps: VerificationsDeps): Verifications {
  const { now, random, work, verify, supply, emit } = deps;
  const known = new Map<string, Verification>();
  const recollection = createRecollection(deps);
  let wanted: readonly Verification[] = [];
  let underWay = false;

  /** What a process before this one knew. */
  function resume(key: string, verification: Verification): void {
    const before = recollection.of(key);
    if (!before || verification.result) return;
    verification.result = before;
    if (before.ok) verification.succeededAt = before.at;
    if (wasRead(before)) verification.notBefore = Math.max(verification.notBefore, before.at + rested(random));
  }

  function of(image: Image, target: string): Verification {
    const name = nameOfImage(image);
    // As the slots of that target are served as a whole, else by whichever source there is.
    const scope = supply.scopeFor(image.registry, { target, id: name }) ?? supply.scopeFor(image.registry);
    const key = `${scope?.id ?? ''} ${name}`;
    const before = known.get(key);
    // The supply may have forgotten the scope meanwhile, and made another one of the same name.
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
    // What was cut short by our own end says nothing.
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

  /** What nobody asks for any more, once it could be read again anyway. */
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
 * Its time has come, and there is a credential that the registry takes as far as anybody knows. Without a source ECR
 * Public is asked as everybody may ask it.
 */
function canStart(verification: Verification, now: Moment): boolean {
  const { scope, image, running, notBefore } = verification;
  if (running || (now < notBefore && !isRenewed(verification))) return false;
  if (!scope) return image.registry.service === 'ecr-public';
  const { kept, proofs } = scope;
  if (!kept || now >= kept.endsAt) return false;
  const proof = proofs?.get(image.registry.host);
  // The registry refuses the credential as a whole: that is told already.
  return !(proof && !proof.ok && proof.refused && proof.fingerprint === kept.fingerprint);
}

const isRenewed = ({ scope, tooOld }: Verification): boolean =>
  tooOld !== undefined && scope?.kept !== undefined && scope.kept.fingerprint !== tooOld;

/** Twice in a row it is no matter of the credential. */
const isFirstStale = (result: Verified, before: Verified | undefined): boolean =>
  !result.ok && result.stale && !(before && !before.ok && before.stale);

const wasRead = (result: Verified): boolean => result.ok || result.read;

/**
 * Reading an image may count as a pull, so it is read once a day at most. Up to an hour more, so that many do not come
 * together for ever.
 */
const rested = (random: () => number): number => day + hour * random();

/** Writes down what a walk has come to, and when the next one may begin. */
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
  // A newer credential is on its way; with it the pull is walked at once.
  return (isFirstStale(result, before) ? settlingMs : hour) * (1 + random() / 10);
}

/** Nobody knows how far such a walk has come, so it counts as one that has read the image. */
const unanswered = ({ message, remedy }: { readonly message: string; readonly remedy: string }): Verified => ({
  ok: false,
  refused: false,
  read: true,
  stale: false,
  message,
  remedy,
});
