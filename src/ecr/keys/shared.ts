import { dirname } from 'node:path';
import { readText, statOf } from '../../io/files.ts';
import { Unreadable } from '../../io/unreadable.ts';
import { type Env, fileVariables, pathsOf } from '../aws/variables.ts';
import { type Oddity, oddities, profilesIn } from './ini.ts';
import { readWebToken } from './web-token.ts';

/** One section of a shared file: names as they are written, values without surrounding blanks. */
export type Section = Readonly<Record<string, string | undefined>>;

type Interceptor = Pick<typeof import('./sdk.ts').externalDataInterceptor, 'interceptToken'>;

/** One of the two files that the AWS tools share. */
interface SharedFile {
  readonly kind: 'credentials' | 'config';
  readonly path: string;
  /** The contents, empty where the file could not be read. */
  readonly text: string;
  /** Why it could not be read: the rest of a sentence that begins with the path. */
  readonly problem?: string;
  /** What to do about the problem. */
  readonly remedy?: string;
  /** Whether the file is there, as far as one can see, but cannot be read. */
  readonly hidden: boolean;
}

/** What `~/.aws/credentials` and `~/.aws/config` hold, as the AWS SDK reads them. */
export interface Shared {
  readonly paths: { readonly filepath: string; readonly configFilepath: string };
  readonly files: readonly SharedFile[];
  readonly names: readonly string[];
  /** The credentials of a profile. Those of the credentials file win. undefined: there is no such profile. */
  profile(name: string): Section | undefined;
  /** The settings of a profile. Those of the config file win. */
  settings(name: string): Section;
  /** A profile as one of the files has it. */
  part(kind: SharedFile['kind'], name: string): Section | undefined;
  /** A section of the config file that is not a profile: `services` and its name. */
  section(kind: string, name: string): Section;
  /**
   * The profile and those that it builds upon, in order. It ends at a profile that is missing or has no source, or
   * before one that would come a second time.
   */
  lineage(name: string): readonly string[];
  /** The lines of a profile's lineage that the SDK does not read as they are meant. */
  odd(name: string): readonly Oddity[];
}

/**
 * Hands the web identity tokens that profiles name to the SDK, whose own way of reading stops the whole process where a
 * file does not answer. Throws an Unreadable.
 */
export async function handTokens(sections: readonly (Section | undefined)[], interceptor: Interceptor): Promise<void> {
  const files = sections.flatMap(section => section?.['web_identity_token_file'] ?? []);
  await Promise.all(files.map(async file => interceptor.interceptToken(file, await readWebToken(file))));
}

/** The largest file that is read, in bytes. A larger one is not a configuration, but a wrong path. */
const mostBytes = 1024 * 1024;

/**
 * Reads both files and hands their texts to the SDK, which would wait for a pipe forever, and keep the first contents
 * for as long as the process runs. Never throws: a file that cannot be read is empty, with a reason.
 */
export async function readShared(env: Env): Promise<Shared> {
  const [filepath, configFilepath] = pathsOf(env);
  const files = await Promise.all([
    takeFile('credentials', filepath, env[fileVariables.credentials]),
    takeFile('config', configFilepath, env[fileVariables.config]),
  ]);
  const paths = { filepath, configFilepath };
  const { credentialsFile: credentials, configFile: config } = await parsed(files, paths);
  const odd = files.flatMap(({ kind, path, text }) => oddities(text, kind, path));
  const part = (kind: SharedFile['kind'], name: string): Section | undefined => {
    const isHeaded = files.some(file => file.kind === kind && profilesIn(file.text, kind).includes(name));
    return (kind === 'credentials' ? credentials : config)[name] ?? (isHeaded ? {} : undefined);
  };
  const profile = (name: string): Section | undefined => {
    const [inConfig, inCredentials] = [part('config', name), part('credentials', name)];
    return inConfig || inCredentials ? { ...inConfig, ...inCredentials } : undefined;
  };
  function lineage(name: string): readonly string[] {
    const all = new Set<string>();
    for (let next: string | undefined = name; next && !all.has(next); next = profile(next)?.['source_profile']) all.add(next);
    return [...all];
  }
  return {
    paths,
    files,
    names: [...new Set([...Object.keys(credentials), ...Object.keys(config)])].filter(name => !/^(services|sso-session)\./.test(name)),
    profile,
    settings: name => ({ ...credentials[name], ...config[name] }),
    part,
    section: (kind, name) => config[`${kind}.${name}`] ?? {},
    lineage,
    odd(name) {
      const all = lineage(name).map(one => one.toLowerCase());
      return odd.filter(({ section }) => all.includes(section.toLowerCase()));
    },
  };
}

type Sections = Readonly<Record<string, Section>>;

/** Parses both files. Two empty files, as most containers have them, are not worth loading the SDK. */
async function parsed(
  files: readonly SharedFile[],
  paths: Shared['paths'],
): Promise<{ readonly credentialsFile: Sections; readonly configFile: Sections }> {
  if (files.every(({ text }) => text.trim() === '')) return { credentialsFile: bare({}), configFile: bare({}) };
  const { externalDataInterceptor, loadSharedConfigFiles } = await import('./sdk.ts');
  for (const { path, text } of files) externalDataInterceptor.interceptFile(path, text);
  const { credentialsFile, configFile } = await loadSharedConfigFiles(paths);
  return { credentialsFile: bare(credentialsFile), configFile: bare(configFile) };
}

/** Without the members that every object inherits: a profile may be named `constructor`. */
const bare = (sections: Sections): Sections => Object.assign(Object.create(null), sections) as Sections;

/** Reads one file. `named` is the path that a variable sets, if any: then the file is expected to exist. */
async function takeFile(kind: SharedFile['kind'], path: string, named: string | undefined): Promise<SharedFile> {
  // Users name /dev/null to say that there is no such file.
  if (path === '/dev/null') return { kind, path, text: '', hidden: false };
  try {
    const text = await readText(path, mostBytes);
    if (text.includes('\u0000')) throw noText(path);
    return { kind, path, text, hidden: false };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    const { code, why, remedy } = error;
    const absent = code === 'ENOENT' || code === 'ENOTDIR' || (!named && (await isAbsent(path, code)));
    return { kind, path, text: '', problem: why, hidden: !absent, ...(remedy && !absent && { remedy }) };
  }
}

/** The error for UTF-16, which Windows writes by default and no AWS tool reads. */
const noText = (path: string): Unreadable =>
  new Unreadable(path, 'NO_TEXT', 'is not text in UTF-8, but perhaps in UTF-16', `Save ${path} as plain text in UTF-8.`);

/** Whether not even the directory can be seen. Then it is in a home that is not ours, which holds no file for us. */
async function isAbsent(path: string, code: string): Promise<boolean> {
  if (code !== 'EACCES' && code !== 'EPERM') return false;
  return await statOf(dirname(path)).then(
    () => false,
    () => true,
  );
}
