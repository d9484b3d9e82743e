import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { checked, starts } from '../../../src/commands/kubelet/check.ts';
import { newestKnown } from '../../../src/kubelet/fields.ts';
import { type Pod, startKubelet } from '../../fakes/kubelet.ts';
import type { Json, KubeletCase } from '../format.d.ts';

/**
 * Compares a recording of the kubelet's own code with our stand-in for it and with `kubelet check`. Returns one line
 * for each difference.
 */
export async function runKubeletCase(recording: KubeletCase): Promise<string[]> {
  const path = await mkdtemp(join(tmpdir(), 'ecr-courier-kubelet-'));
  try {
    return await differencesIn(recording, await setUp(recording, path));
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}

async function differencesIn(recording: KubeletCase, scene: Scene): Promise<string[]> {
  const differs = (what: string, got: unknown, expected: unknown): string[] =>
    isDeepStrictEqual(got, expected) ? [] : [`${what}: ${JSON.stringify(got)} instead of ${JSON.stringify(expected)}`];
  const { remarks } = await checked(scene.config, newestKnown, scene.binDir);
  const kubelet = await startKubelet({ ...scene, pod: podOf(recording.flags ?? []) });
  const beginning = [
    ...differs('kubelet check', starts(remarks), recording.kubeletStarts),
    ...differs('it starts', kubelet !== undefined, recording.kubeletStarts),
  ];
  if (!kubelet || !recording.kubeletStarts) return beginning;

  const isParallel = recording.flags?.includes('--parallel') ?? false;
  const looking = recording.images.map(image => async () => ({ image, credentials: await kubelet.lookup(image) }));
  const found = isParallel ? await Promise.all(looking.map(look => look())) : await inTurn(looking);
  const lookups = found.map(({ image, credentials }) => ({ image, found: credentials.length > 0, credentials }));
  const names = Object.keys(recording.plugins);
  const seen = new Map(await Promise.all(names.map(async name => [name, await seenBy(scene.notes, name)] as const)));
  const images = [...seen.values()].flat().map(text => (JSON.parse(text) as { image: string }).image);
  // Plugins that run in parallel start in any order.
  const stdin = isParallel ? [] : Object.entries(recording.stdin ?? {});
  return [
    ...beginning,
    ...differs('lookups', lookups, recording.lookups),
    ...Object.entries(recording.execs ?? {}).flatMap(([name, times]) => differs(`execs of ${name}`, seen.get(name)?.length, times)),
    ...stdin.flatMap(([name, text]) => differs(`stdin of ${name}`, JSON.parse(seen.get(name)?.[0] ?? 'null'), JSON.parse(text))),
    ...(recording.execImages ? differs('images', images.sort(), recording.execImages) : []),
    ...(recording.pluginSaw ? differs('what it saw', await readFile(join(scene.notes, 'saw'), 'utf8'), recording.pluginSaw) : []),
  ];
}

async function inTurn<T>(works: readonly (() => Promise<T>)[]): Promise<T[]> {
  const results: T[] = [];
  for (const work of works) results.push(await work());
  return results;
}

interface Scene {
  readonly config: string;
  readonly binDir: string;
  readonly notes: string;
  readonly env: Readonly<Record<string, string>>;
}

async function setUp({ config, plugins, kubeletEnv }: KubeletCase, path: string): Promise<Scene> {
  const [binDir, notes] = [join(path, 'bin'), join(path, 'notes')];
  await Promise.all([binDir, notes].map(async directory => await mkdir(directory)));
  for (const [name, plugin] of Object.entries(plugins)) await writePlugin(join(binDir, name), join(notes, name), plugin);
  return { config: await writeConfig(config, path), binDir, notes, env: { PATH: process.env['PATH'] ?? '', ...kubeletEnv } };
}

async function writeConfig(config: Json, path: string): Promise<string> {
  const inFolder = (config as { '@dir'?: Record<string, Json> })['@dir'];
  if (!inFolder) {
    await writeFile(join(path, 'config.json'), JSON.stringify(config));
    return join(path, 'config.json');
  }
  await mkdir(join(path, 'config.d'));
  for (const [name, content] of Object.entries(inFolder))
    await writeFile(join(path, 'config.d', name), typeof content === 'string' ? content : JSON.stringify(content));
  return join(path, 'config.d');
}

/** Writes a shell script that notes its input and prints the recorded output. */
async function writePlugin(file: string, note: string, plugin: KubeletCase['plugins'][string]): Promise<void> {
  const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
  const lines = [
    '#!/bin/sh',
    `cat > ${quoted(note)}.$$`,
    ...(plugin.showEnv
      ? [`printf 'argv: %s\\nAWS_PROFILE=%s KUBELET_ONLY=%s\\n' "$*" "$AWS_PROFILE" "$KUBELET_ONLY" > ${quoted(join(note, '../saw'))}`]
      : []),
    ...(plugin.sleep ? [`sleep ${plugin.sleep}`] : []),
    `printf %s ${quoted(plugin.stdout ?? '')}`,
    `printf %s ${quoted(plugin.stderr ?? '')} >&2`,
    `exit ${plugin.exit ?? 0}`,
  ];
  await writeFile(file, `${lines.join('\n')}\n`);
  await chmod(file, Number.parseInt(plugin.mode ?? '755', 8));
}

/** Returns the inputs of a plugin, one for each run, in no particular order. */
async function seenBy(notes: string, name: string): Promise<string[]> {
  const names = (await readdir(notes)).filter(note => note.startsWith(`${name}.`));
  return await Promise.all(names.map(async note => await readFile(join(notes, note), 'utf8')));
}

function podOf(flags: readonly string[]): Pod {
  const after = (flag: string): string[] => flags.flatMap((one, index) => (one === flag ? [flags[index + 1] ?? ''] : []));
  const annotations = after('--sa-annotation').map(text => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]);
  return {
    namespace: after('--namespace')[0] ?? 'default',
    serviceAccount: after('--sa')[0] ?? 'default',
    annotations: Object.fromEntries(annotations) as Record<string, string>,
  };
}
