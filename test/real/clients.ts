import { join } from 'node:path';
import { type Ran, run } from './engine.ts';
import { path } from './needs.ts';
import { image, type Pulls } from './pulls.ts';

/** A program that pulls images. */
export interface Client {
  readonly name: 'docker' | 'skopeo' | 'crane' | 'oras' | 'regctl';
  /** Returns the arguments that copy the image to a new place. */
  readonly pull: (to: string) => readonly string[];
  /** The option for a file with logins, if the client has one. */
  readonly file?: string;
}

export const clients: readonly Client[] = [
  { name: 'docker', pull: () => ['pull', image] },
  { name: 'skopeo', pull: to => ['--insecure-policy', 'copy', `docker://${image}`, `dir:${to}`], file: '--src-authfile' },
  { name: 'crane', pull: to => ['pull', image, `${to}.tar`] },
  { name: 'oras', pull: to => ['copy', image, '--to-oci-layout', `${to}:1`] },
  { name: 'regctl', pull: to => ['image', 'copy', image, `ocidir://${to}:1`] },
];

let places = 0;

/** Pulls the whole image again. `home` is the home directory, whose .docker/config.json all clients read. */
export async function pull(
  { name, ...client }: Client,
  { engine, folder, goEnv, world }: Pulls,
  { home, env = {}, file }: { readonly home: string; readonly env?: Readonly<Record<string, string>>; readonly file?: string },
): Promise<Ran> {
  const all = { ...engine.env, DOCKER_CONFIG: join(home, '.docker'), HOME: home, ...goEnv, ...env };
  if (name === 'docker') await run(path(name), ['image', 'rm', image], all);
  places += 1;
  const option = file !== undefined && client.file !== undefined ? [client.file, file] : [];
  const ran = await run(path(name), [...client.pull(join(folder, `pulled-${places}`)), ...option], all);
  world.shown.push(ran.output);
  return ran;
}
