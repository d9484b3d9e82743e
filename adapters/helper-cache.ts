import { type Deps, defineAdapter } from '../src/contract/adapter.ts';
import { answerText, digestOf, mostAnswerBytes, nameOfAnswer, nameOfKept, readAnswer } from '../src/contract/answer-file.ts';
import { type Credentials, fingerprintOf } from '../src/contract/credential.ts';
import { Failure } from '../src/contract/failures.ts';
import type { Change } from '../src/contract/files.ts';
import type { Registry } from '../src/contract/registry.ts';
import type { Slot, Target } from '../src/contract/target.ts';
import { givenTo } from '../src/contract/usual.ts';
import { answerOf } from './helper-cache/answer.ts';
import { type Asked, askedIn } from './helper-cache/asked.ts';
import { demandSafe } from './helper-cache/directory.ts';
import { type Code, findings } from './helper-cache/findings.ts';

/** Slots need no reference, because the id has the registry. */
type Ref = null;

export const helperCache = defineAdapter({
  kind: 'helper-cache',
  keeps: 'files',
  doc: 'The answers of the credential helper and the credential provider on this machine, so that they never wait for AWS.',
  options: {
    directory: {
      doc: 'Where the answers lie. Unless set: where the helper of the user that the courier runs as keeps them.',
      format: 'path',
      default: null,
    },
    group: {
      doc: 'A group, by name or number, whose members may read the answers. The directory must be there and belong to it, with the mode 2750.',
      format: 'string',
      default: null,
    },
  },
  creates: true,
  limits: { concurrency: 4, discoverMs: 10_000, deliverMs: 35_000 },
  findings,
  create({ directory: named, group }, deps: Deps<Code>): Target<Ref> {
    const { askers, clock, files, finding } = deps;
    const directory = named ?? askers.directory;
    const modes = group === undefined ? { mode: 0o600, directoryMode: 0o700 } : { mode: 0o640 };
    /** Reads the stored answer for the registry. */
    async function look(registry: Registry, asked: Asked | undefined, signal: AbortSignal): Promise<Slot<Ref> | undefined> {
      const identity = await askers.identityOf(registry);
      if (identity === undefined) return undefined;
      const { host, service, partition, region } = registry;
      const digest = digestOf({ identity, service, partition, region });
      const text = await files.read(`${directory}/${nameOfAnswer(digest)}`, { signal, maxBytes: mostAnswerBytes });
      const kept = text === undefined ? undefined : readAnswer(text, digest);
      return {
        id: host,
        registries: [registry],
        state: text === undefined ? 'absent' : kept ? 'present' : 'drifted',
        ...(kept && { holds: { fingerprint: fingerprintOf(kept.password.reveal()), expiresAt: new Date(kept.expiresAt) } }),
        findings:
          asked && asked.digest !== digest
            ? [
                finding(
                  'ASKED_AS_ANOTHER',
                  `Somebody last asked for ${host} with other keys than those of the courier's source: ${identity}.`,
                ),
              ]
            : [],
        ref: null,
      };
    }

    /**
     * The file of the answer and its new content. Throws if the credential is of another identity than helpers have
     * now.
     */
    async function renewal(slot: Slot<Ref>, credentials: Credentials) {
      const given = givenTo(slot, credentials);
      if (!given) return undefined;
      const { registry, credential } = given;
      const identity = await askers.identityOf(registry);
      if (credential.askedAs === undefined || credential.askedAs !== identity)
        throw new Failure('CREDENTIAL_REFUSED', `The token for ${registry.host} was fetched before the keys of its source were changed.`, {
          remedy: 'Nothing to do: it is given to nobody, and the next one is kept.',
        });
      const { service, partition, region } = registry;
      const digest = digestOf({ identity, service, partition, region });
      const answer = answerOf(credential, clock.wall());
      // A helper has fetched a newer one.
      const renew: Change = text =>
        (readAnswer(text ?? '', digest)?.expiresAt ?? 0) > answer.expiresAt ? undefined : answerText(digest, answer);
      const paths = { answer: `${directory}/${nameOfAnswer(digest)}`, mark: `${directory}/${nameOfKept(digest, registry.host)}` };
      return { paths, renew };
    }

    return {
      address: directory,
      async discover(signal) {
        await demandSafe({ directory, group }, deps, signal);
        const asked = await askedIn(directory, deps, signal);
        const registries = new Map([...deps.wanted, ...asked.map(one => one.registry)].map(registry => [registry.host, registry]));
        const served = [...registries.values()].filter(registry => deps.hasSource(registry));
        const newest = new Map(asked.map(one => [one.registry.host, one]));
        const slots = await Promise.all(served.map(registry => look(registry, newest.get(registry.host), signal)));
        const unkept = served.filter((_, at) => slots[at] === undefined);
        return {
          slots: slots.filter(slot => slot !== undefined),
          findings: unkept.map(({ host }) => finding('NOT_FOR_ASKERS', `No answer for ${host} is kept.`)),
        };
      },
      async deliver(slot, credentials, signal) {
        await demandSafe({ directory, group }, deps, signal);
        const renewed = await renewal(slot, credentials);
        if (!renewed) return { change: 'unchanged' };
        const change = await files.update(renewed.paths.answer, renewed.renew, { signal, ...modes });
        // The mark lets `list` of a helper name the host.
        await files.update(renewed.paths.mark, text => (text === undefined ? '' : undefined), { signal, ...modes });
        return { change };
      },
      async rehearse(slot, credentials, signal) {
        const renewed = await renewal(slot, credentials);
        if (!renewed) return { change: 'unchanged' };
        return { change: await files.rehearse(renewed.paths.answer, renewed.renew, { signal, ...modes }) };
      },
    };
  },
});
