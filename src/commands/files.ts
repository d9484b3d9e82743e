import { resolveHeaders } from '../../config/headers.ts';
import type { Config, Mistake, SourceConfig, TargetConfig } from '../../config/load.ts';
import { isOutside } from '../../config/origin.ts';
import { readAddress } from '../../config/receivers.ts';
import { exposure, isSecretRef, readOption, readSecret, unusable } from '../../config/secrets.ts';
import { clock } from '../contract/clock.ts';
import { asFailure, Failure } from '../contract/failures.ts';
import { addressReader } from '../contract/registry.ts';
import { keyVariables } from '../ecr/aws/variables.ts';
import { readKey } from '../ecr/keys/environment.ts';
import { lookAtFile } from '../ecr/sources/file-source.ts';
import { secureContextOf } from '../io/context.ts';
import { readText } from '../io/files.ts';
import { createLog } from '../io/log.ts';
import type { TlsOptions } from '../io/tls.ts';
import { Unreadable } from '../io/unreadable.ts';
import { manageTarget } from '../target.ts';

type Env = NodeJS.ProcessEnv;

/** A file that an option or a variable names. */
interface Named {
  /** The option as `config show` spells it; empty if a variable names the file. */
  readonly path: string;
  readonly variable?: string;
  /** The start of a warning about it. */
  readonly about: string;
  /** What happens while the file is absent; defaults to the failure's remedy. */
  readonly meanwhile?: string;
  /** Throws if the file is unusable. */
  read(): Promise<unknown>;
}

/**
 * Reads each file that an option names, as the daemon would. An unusable file is a mistake. An absent or empty one is
 * only a warning, because it may be filled later.
 */
export async function lookAtFiles(config: Config, env: Env): Promise<{ readonly mistakes: Mistake[]; readonly warnings: string[] }> {
  const named = [
    ...config.targets.flatMap(filesOf),
    ...config.sources.flatMap(tokenFile),
    ...adminFile(config),
    ...addressFiles(config),
    ...awsFiles(env),
  ];
  const origins = new Map(config.settings.map(({ path, origin }) => [path, origin]));
  const failures = await Promise.all(named.map(failureOf));
  const mistakes: Mistake[] = [];
  const warnings: string[] = [];
  for (const [at, { path, variable, about, meanwhile }] of named.entries()) {
    const failure = failures[at];
    if (!failure) continue;
    const broken = unusable(failure.cause);
    const message = broken ? `${broken.message}. ${broken.remedy ?? ''}` : failure.message;
    const origin = variable ?? origins.get(path) ?? 'default';
    const said = failure.message.startsWith(`${origin}:`) ? '' : `${origin}: `;
    const subject = variable === undefined && isOutside(origin) ? said : about;
    if (failure.cause && !broken) warnings.push(`${subject}${failure.message} ${meanwhile ?? failure.remedy}`);
    else mistakes.push({ path, origin, message: message.trim().replace(/\.$/, '') });
  }
  return { mistakes, warnings };
}

/** The options and headers that adapters reject. Sends no requests, and repeats no message about files. */
export async function lookAtTargets({ targets, aliases }: Config, env: Env): Promise<Mistake[]> {
  const deps = { clock, log: createLog({ to: { write: () => true } }), env, registry: addressReader(aliases), readonly: true };
  const mistakes = targets.map(async (config): Promise<Mistake[]> => {
    try {
      const target = await manageTarget(config, deps).open();
      await target[Symbol.asyncDispose]?.();
      return [];
    } catch (error) {
      const { message, remedy, cause } = asFailure(error);
      if (cause instanceof Unreadable) return [];
      return [{ path: `targets.${config.name}`, origin: config.origin, message: `${message} ${remedy.replace(/\.$/, '')}` }];
    }
  });
  return (await Promise.all(mistakes)).flat();
}

async function failureOf(file: Named): Promise<Failure | undefined> {
  try {
    await file.read();
    return undefined;
  } catch (error) {
    if (!(error instanceof Unreadable)) return asFailure(error);
    return new Failure('MISCONFIGURED', `${error.message}.`, { ...(error.remedy && { remedy: error.remedy }), cause: error });
  }
}

function filesOf(target: TargetConfig): Named[] {
  const { name, options, headers, tls, spelling } = target;
  const [path, about] = [`targets.${name}`, `targets.${name}: `];
  const keys = Object.entries(options).flatMap(([option, value]) =>
    isSecretRef(value) && 'file' in value ? [{ path: `${path}.${option}File`, about, read: () => readOption(target, option, value) }] : [],
  );
  const untrusted = (option: string, files: TlsOptions): Named => ({
    path: `${path}.${option}`,
    about,
    meanwhile: untilMended('this target'),
    read: () => secureContextOf(files, spelling),
  });
  return [
    ...keys,
    ...('file' in headers ? [{ path: `${path}.headersFile`, about, read: () => resolveHeaders(headers, name) }] : []),
    ...(tls.caFile ? [untrusted('caFile', { caFile: tls.caFile })] : []),
    ...(tls.clientCertFile ? [untrusted('clientCertFile', { ...tls, caFile: undefined })] : []),
  ];
}

const untilMended = (whom: string): string => `Until that is mended nothing is sent to ${whom}; the file is read anew by itself.`;

/** The token file of a source. Another program writes it, so its content is not a mistake of the configuration. */
function tokenFile({ name, file, region }: SourceConfig): Named[] {
  if (file === undefined) return [];
  const path = `sources.${name}.file`;
  const read = async (): Promise<void> => {
    const failure = await lookAtFile(file, region, clock).then(() => undefined, asFailure);
    if (failure) throw new Failure(failure.code, failure.message, { remedy: failure.remedy, cause: failure.facts.cause ?? failure });
    const open = await exposure(file);
    if (open) throw new Failure('MISCONFIGURED', open, { remedy: 'Until then whoever is here may take the token.', cause: open });
  };
  return [{ path, about: `sources.${name}: `, read }];
}

function adminFile({ server: { adminToken } }: Config): Named[] {
  if (!adminToken || !('file' in adminToken)) return [];
  return [{ path: 'server.adminTokenFile', about: 'server: ', read: () => readSecret(adminToken, 'the admin token') }];
}

function addressFiles({ notify, heartbeat }: Config): Named[] {
  const receivers = notify.map(({ name, format, url, caFile }) => ({ name, format, url, caFile, path: `notify.${name}` }));
  const all = [...receivers, ...(heartbeat ? [{ ...heartbeat, format: undefined, name: 'the heartbeat', path: 'heartbeat' }] : [])];
  return all.flatMap(({ name, format, url, caFile, path }): Named[] => {
    const meanwhile = untilMended(name);
    return [
      ...('file' in url ? [{ path: `${path}.urlFile`, about: `${path}: `, read: () => readAddress(url, name, format) }] : []),
      ...(caFile ? [{ path: `${path}.caFile`, about: `${path}: `, meanwhile, read: () => secureContextOf({ caFile }, {}) }] : []),
    ];
  });
}

function awsFiles(env: Env): Named[] {
  const named = (variable: string, meanwhile: string, read: (file: string) => Promise<unknown>): Named[] => {
    const file = env[variable];
    return file ? [{ path: '', variable, about: `${variable}: `, meanwhile, read: () => read(file) }] : [];
  };
  const { AWS_CA_BUNDLE: caFile } = env;
  const later = 'Until it is there, the source has no keys; the file is read at every fetch.';
  return [
    ...Object.values(keyVariables).flatMap(key => named(`${key}_FILE`, later, file => readKey(key, file))),
    ...['AWS_WEB_IDENTITY_TOKEN_FILE', 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'].flatMap(name =>
      named(name, later, file => readText(file, mostBytes)),
    ),
    ...(caFile
      ? [
          {
            path: '',
            variable: 'AWS_CA_BUNDLE',
            about: '',
            meanwhile: untilMended('AWS'),
            read: () => secureContextOf({ caFile }, { caFile: 'AWS_CA_BUNDLE' }),
          },
        ]
      : []),
  ];
}

/** Maximum size of a token file; a token is far smaller. */
const mostBytes = 64 * 1024;
