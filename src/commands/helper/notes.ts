import { entriesIn, helpersIn, readEntry } from '../../../adapters/docker-config/entries.ts';
import { docker, misfitIn } from '../../../adapters/docker-config/types.ts';
import { patternsIn } from '../../clients/install.ts';
import type { Failure } from '../../contract/failures.ts';
import { type Address, parseAddress } from '../../contract/registry.ts';
import { label, shownAddress } from '../../contract/text.ts';
import { choiceOf } from '../../ecr/sources/choice.ts';
import type { Io } from '../io.ts';
import type { ClientFile } from './client-files.ts';
import { type HelpersConfig, program } from './places.ts';
import type { Rewritten } from './rewrite.ts';

/** Notes on spellings that clients take for another registry, for which no helper is configured. */
export const otherSpellings = (addresses: readonly Address[]): string[] =>
  addresses
    .filter(({ spelled, registry }) => spelled !== registry.host)
    .map(
      ({ spelled }) =>
        `The helper is named for the host alone. Clients take ${shownAddress(spelled)} for another registry, and do not ask the helper for it: write images in lower case, and without a port if that is 443.`,
    );

/** Notes on hosts that the configuration assigns to the helper and for which it has no source. */
export function withoutSource(hosts: readonly string[], { sources, aliases }: HelpersConfig): string[] {
  const { choose } = choiceOf(sources);
  return hosts
    .flatMap(host => parseAddress(host, aliases)?.registry ?? [])
    .filter(registry => !choose(registry))
    .map(({ host, service }) =>
      service === 'ecr-public'
        ? `No source of the configuration serves ${host}: the helper has no login for it, and it is pulled from without one. For one, add \`sources: [{ name: public, service: ecr-public }]\`.`
        : `No source of the configuration serves ${host}: the helper fails for it. Add a source whose \`accounts\` or \`registries\` match it.`,
    );
}

/** The note on a missing file that REGISTRY_AUTH_FILE names. */
export const absentBeside = ({ path }: ClientFile): string =>
  `REGISTRY_AUTH_FILE names ${path}, which is not there: podman and newer skopeo read that file alone, and ask no helper. Unset the variable, or make the file (\`echo '{}' > ${path}\`) and call this once more.`;

/**
 * The note on an unwritable file. Under sudo, su and cron its directory belongs to another user or to root's podman.
 */
export function unwrittenBeside({ place }: ClientFile, { code, message, remedy }: Failure): string {
  const isOfOthers = code === 'FORBIDDEN' && place === 'runtime';
  const own = 'Set XDG_RUNTIME_DIR to a directory of this user, for these programs as well; nothing, if this user has neither.';
  return `${message} podman and skopeo read this file first. ${isOfOthers ? own : remedy}`;
}

/** The store of amazon-ecr-credential-helper. Its guide sets it for all registries, but it only has logins for ECR. */
const former = 'ecr-login';
const leaving =
  ' It knows no login but those of ECR: remove `credsStore` from the file. Otherwise docker 29, crane and others fail for all registries once that program is gone.';

/** The end of a sentence on an entry that makes clients fail for all hosts. */
function brokenEntryIn(text: string): string | undefined {
  const [first] = entriesIn(text, ['auths']).flatMap(({ key, value }) => {
    const { broken } = readEntry(value);
    return broken === undefined ? [] : [`has an entry ${shownAddress(key)} that ${broken}`];
  });
  return first;
}

/** Notes on other settings that affect what clients send. */
export function notesOn(changes: readonly Rewritten[], hosts: readonly string[], { env }: Io): string[] {
  const { path, done } = changes.find(({ role }) => role === 'docker') ?? {};
  const text = done?.text ?? '';
  const { store } = helpersIn(text);
  const wrong = misfitIn(text, docker) ?? brokenEntryIn(text);
  const variable = env['DOCKER_AUTH_CONFIG'] ?? '';
  return [
    ...(wrong
      ? [`${path} ${wrong}: because of it docker 29, crane, nerdctl and others read nothing in this file. Correct or remove it.`]
      : []),
    ...(store !== undefined && store !== program
      ? [
          `crane and nerdctl ask the credsStore docker-credential-${label(store)} before the helper of a host.${store === former ? leaving : ''}`,
        ]
      : []),
    ...(hosts.some(host => variable.includes(host))
      ? [
          'DOCKER_AUTH_CONFIG names these hosts. Docker 28.4 and later, crane, nerdctl, regctl and testcontainers take its login and ask no helper.',
        ]
      : []),
    ...changes.flatMap(({ path, done }) =>
      patternsIn(done.text, hosts).map(
        key =>
          `The login of ${shownAddress(key)} stays in ${path}, as it may be for other hosts: the kubelet sends it. Remove it if it is old.`,
      ),
    ),
  ];
}
