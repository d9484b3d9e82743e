import { type Deps, defineAdapter } from '../src/contract/adapter.ts';
import type { Credentials } from '../src/contract/credential.ts';
import { Failure } from '../src/contract/failures.ts';
import type { Change } from '../src/contract/files.ts';
import type { Finding, Receipt, Slot, Target } from '../src/contract/target.ts';
import { givenTo } from '../src/contract/usual.ts';
import { isEmpty, unreadable, withLogin, withoutMark } from './docker-config/edit.ts';
import { entriesIn, helpersIn, holdsSecret, pathOfEntries, relationOf } from './docker-config/entries.ts';
import { type Code, findings } from './docker-config/findings.ts';
import { isDecodable, readBefore } from './docker-config/kubelet.ts';
import { type Ref, survey } from './docker-config/survey.ts';

/** Whether the file is Docker's own, which long-running programs read once. A kubelet rereads its file. */
const isDockers = (path: string): boolean => /(^|[/\\])config\.json$/.test(path) && !path.endsWith('/var/lib/kubelet/config.json');

export const dockerConfig = defineAdapter({
  kind: 'docker-config',
  keeps: 'files',
  doc: 'A file with logins that registry clients read: config.json of Docker, auth.json of podman, a pull secret, a file of a node’s kubelet.',
  options: {
    path: {
      doc: 'The file: config.json (Docker, Jenkins, Nomad, the kubelet), auth.json (podman, skopeo, buildah), or the old .dockercfg.',
      format: 'path',
      env: 'DOCKER_CONFIG_PATH',
    },
    writeInPlace: {
      doc: 'Whether to write into the file where it cannot be replaced, as in a container that has only this file mounted. A kill in the middle then leaves half a file; to mount its directory is better.',
      format: 'boolean',
      default: false,
      env: 'DOCKER_CONFIG_WRITE_IN_PLACE',
    },
  },
  limits: { concurrency: 1, discoverMs: 10_000, deliverMs: 35_000 },
  findings,
  create({ path, writeInPlace }, deps: Deps<Code>): Target<Ref> {
    const { files, finding } = deps;
    const where = pathOfEntries(path);
    if (/(^|\/)~[^/]*\//.test(path))
      throw new Failure('MISCONFIGURED', `${path} has a ~ in it, which only a shell knows.`, { remedy: 'Write the whole path.' });
    if (/(^|[/\\])daemon\.json$/.test(path))
      throw new Failure('MISCONFIGURED', `${path} is the configuration of Docker's engine, which does not start with logins in it.`, {
        remedy: 'Name the file of those who pull: ~/.docker/config.json, with the whole path.',
      });
    const replacement = {
      unreplaceable: writeInPlace ? 'write-in-place' : 'fail',
      inPlaceBy: '`writeInPlace: true` (DOCKER_CONFIG_WRITE_IN_PLACE=true)',
    } as const;

    /** Throws for an unreadable text, which is never overwritten. */
    function demandReadable(text: string | undefined): void {
      const wrong = text === undefined ? undefined : unreadable(text, where);
      if (!wrong) return;
      // The user may be editing it.
      const remedy = `${wrong.remedy} The daemon reads the file again by itself.`;
      throw new Failure('MISCONFIGURED', `${path} ${wrong.why}; it is left as it is.`, { remedy, retryAfterMs: 15_000 });
    }

    /** Prepares the file with the slot's login, and the result for the slot. */
    function renewal(slot: Slot<Ref>, credentials: Credentials) {
      const given = givenTo(slot, credentials);
      let change: Receipt['change'] = 'unchanged';
      const renew: Change = text => {
        demandReadable(text);
        change = 'unchanged';
        if (!given) return undefined;
        const { host } = given.registry;
        const { username, password } = given.credential;
        const isThere = text !== undefined && entriesIn(withoutMark(text), where).some(({ key }) => relationOf(key, host) !== undefined);
        // A login that was removed since the last look stays removed.
        if (!isThere && slot.state !== 'absent') throw new Failure('NOT_FOUND', `${path} has no entry of ${host} any more.`);
        const next = withLogin(text ?? '', where, host, { username, password: password.reveal() });
        if (next !== undefined) change = isThere ? 'updated' : 'created';
        return next;
      };
      return { renew, receipt: (): Receipt => ({ change }) };
    }

    async function findingsOf(text: string | undefined, signal: AbortSignal): Promise<Finding[]> {
      const found: Finding[] = [];
      const isSecret = text !== undefined && !isEmpty(text) && entriesIn(withoutMark(text), where).some(({ value }) => holdsSecret(value));
      const facts = isSecret ? await files.stat(path, { signal }) : undefined;
      if (facts && (facts.mode & 0o004) !== 0)
        found.push(finding('FILE_EXPOSED', `${path} has the mode ${facts.mode.toString(8).padStart(4, '0')}.`));
      for (const before of readBefore(path)) {
        const there = await files.stat(before, { signal }).catch(() => undefined);
        if (there?.kind === 'file' && !(await isPassedOver(before, signal)))
          found.push(finding('HIDDEN_FROM_KUBELET', `A kubelet reads ${before} and then never looks at ${path}.`));
      }
      return found;
    }

    /** Whether a kubelet skips the file because it is not JSON. A file that we may not read counts as unknown. */
    async function isPassedOver(other: string, signal: AbortSignal): Promise<boolean> {
      const text = await files.read(other, { signal }).catch(() => undefined);
      return text !== undefined && !isDecodable(text, pathOfEntries(other));
    }

    return {
      address: path,
      async discover(signal) {
        const text = await files.read(path, { signal });
        demandReadable(text);
        const { slots, findings: found } = survey(text, where, deps);
        if (slots.length === 0) return { slots, findings: found };
        const { byHost } = helpersIn(text ?? '');
        // Programs ask our own helper at each pull, and have not read a file that did not exist.
        const once = text !== undefined && isDockers(path) && slots.some(({ id }) => byHost.get(id) !== 'ecr-courier');
        const told = once ? [finding('READ_ONCE', `Programs that have read ${path} once may still send a former token.`)] : [];
        return { slots, findings: [...found, ...(await findingsOf(text, signal)), ...told] };
      },
      async deliver(slot, credentials, signal) {
        const { renew, receipt } = renewal(slot, credentials);
        await files.update(path, renew, { signal, ...replacement });
        return receipt();
      },
      async rehearse(slot, credentials, signal) {
        const { renew, receipt } = renewal(slot, credentials);
        await files.rehearse(path, renew, { signal, ...replacement });
        return receipt();
      },
    };
  },
});
